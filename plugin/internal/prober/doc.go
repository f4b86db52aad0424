// Package prober looks after targets: it has each checked when that is due, and knows the health of each.
//
// There is one [Prober] a process. What is to be watched is a set of watches, which Configure replaces: somebody's
// interest in a [Check]. Watches with the same [Key] share one probe, and each has a health.State of its own, since each
// has parameters of its own.
//
//	Configure, Report, Order                    due
//	           │        heap of targets ──► the loop ──► at most Workers probes at a time
//	           ▼               ▲              │                       │
//	         states ───────────┘              └──► Tell, Observe,     │ result
//	           ▲                                   Isolated           │
//	           └──────────────────────────────────────────────────────┘
//
// A target has no goroutine and no ticker. It is never probed twice at a time. Targets of which nothing is heard take no
// more than half of the room, and come after the others, so that they delay nobody.
//
// To be woken costs more than to check: what is due soon begins together with what is due now, a result that changes
// nothing waits until the loop comes by, and connections are made without waiting for each, by the loop itself.
//
// Whoever falls silent calls witnesses: a few targets in other networks, canaries first, are probed at once, so that it
// is known soon whether it is us who is cut off (health.Isolation). While that is suspected, no target changes.
//
// What becomes of targets is told as values: the package neither logs nor counts.
package prober
