// Package pool decides with which addresses a name is answered: those of the primary servers while enough of them are
// healthy, or else those of the backups. It is pure: what health says of each address goes in, addresses come out.
package pool
