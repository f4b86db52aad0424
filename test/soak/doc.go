// Package soak has servers live through what two hours bring, in minutes: 200 zones that change at random, primaries
// and secondaries that are killed, reloads, refusals. All the time it looks at what everybody answers.
//
//	knotd ──► named (its secondary)
//	    \      /
//	     ours, A ──► ours, B
//	        \
//	         knotd
//
// SOAK says how long, as in "10m"; without it the test is short. SOAK_SEED repeats the events of another run, as
// far as the machine's pace lets it: a run logs its seed.
//
// The pauses between events are the pace of the test, not waits for something: whatever is waited for is polled.
package soak
