// Package refresh keeps secondary zones up to date: when is the matter of [Scheduler], how that of a cycle.
//
// One Scheduler serves all zones of the process. One goroutine waits for the earliest moment at which
// anything is due; a zone has no goroutine and no ticker of its own. A refresh runs in a goroutine that
// lasts as long as the refresh. At most one refresh a zone runs at a time, and at most one more waits
// behind it, however many NOTIFYs arrive: what they ask for is merged.
//
//	        due, NOTIFY, request
//	waiting ────────────────────► ready ──► running ──► waiting
//	                                           │  ▲
//	                           NOTIFY, request │  │ done
//	                                           ▼  │
//	                                         running, one queued
//
// A cycle asks the primaries for their SOA, chooses, fetches, and publishes. This is the only place that
// publishes. The outcome is a value: the package neither logs nor counts.
//
// Two things are scarce. A place is needed to ask for the SOA, and is given back before anything is
// transferred; a slot is needed for a transfer, and for nothing else. So zones that wait for a slow primary
// keep no other zone from being checked. What waits for either is a value in a queue, and has no goroutine.
package refresh
