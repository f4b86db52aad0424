// Package reach tests what the binary does about primaries that cannot be
// reached.
package reach
