// Package downstream tests what secondaries below us are given: transfers to
// knotd, named, nsd, another one of ours, and clients that ask one question.
//
// A scripted primary changes the zone, ours follows, and the secondaries are
// told by the test, so that each step is one transfer. How it went is told by
// our metric, and the zone itself by the secondary.
package downstream
