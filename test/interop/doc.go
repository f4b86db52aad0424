// Package interop tests secondaryplus through the front door with knotd, named
// and nsd as its primaries, and as its secondaries.
//
// Everything is on loopback. What was transferred, and how, is told by the
// primary's log, by our log and by our metrics: a test of IXFR wants all three
// to say so.
package interop
