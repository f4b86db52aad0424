// Package ask asks DNS servers questions in tests: one query, a zone's serial,
// a whole transfer, a NOTIFY.
//
// Functions that take a testing.TB end the test when the server does not
// answer; those that return an error leave that to the caller. Every wait is
// bounded by Patience. Addresses are always "ip:port".
//
//	m := ask.Ask(t, addr, "www.example.org.", dns.TypeA, ask.TCP(), ask.DO())
//	ask.WaitSerial(t, addr, "example.org.", 7)
//	lines := ask.AXFR(t, addr, "example.org.", nil)
package ask

import "time"

// Patience is how long a wait lasts before the test fails: long enough for a
// busy machine, since a test that passes never waits for it to run out.
const Patience = 45 * time.Second

// Interval is the pause between two looks at a condition that can only be polled.
const Interval = 5 * time.Millisecond
