// Package catalog has no code of its own: its tests have our binary consume catalog zones (RFC 9432), of real
// producers and of one that can be told to do anything.
package catalog
