// Package peer starts real name servers for tests: Knot DNS, BIND and NSD, as
// primaries and as secondaries, on loopback, from a directory of their own.
//
//	peer.Require(t, peer.Knot)
//	p := peer.Start(t, peer.Knot, peer.Config{
//		Zones: []peer.Zone{{Name: "example.org.", Text: text}},
//	})
//	ask.WaitSerial(t, p.Addr(), "example.org.", 1)   // Start waited for this already
//	p.SetZone(t, "example.org.", text2)              // becomes an IXFR for its secondaries
//	p.Update(t, "example.org.", "add www 300 A 192.0.2.2")
//	p.Kill(); p.Restart(t)
//
// A zone with Primaries is a secondary one, all others are primary. By default
// every peer keeps and offers IXFR, allows transfers to and NOTIFY from any
// loopback address without a key, and has no outside effect. A daemon is ended
// by its process id when the test ends, and by the kernel if the test dies.
package peer
