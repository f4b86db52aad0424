// Package health decides from what probes see whether a target is to be used. It is pure: an [Event] goes in, the next
// [State] and an [Effect] come out; time, chance and what is known of our own network are arguments.
//
//	              success                        fall failures
//	UNKNOWN ──────────────────► UP ◄─────┐  ┌───────────────────► DOWN ◄────────────┐
//	   │                        │  clear │  │                       │ success        │
//	   │           1 failure, or│        │  │                       ▼                │ failure
//	   │       passive evidence └──► SUSPECT                  RECOVERING ────────────┘
//	   │ fall failures                                             │ rise in a row, and hold_down past
//	   └─────────────────────────► DOWN                            └──► UP
//
//	any of these, for a change by probes that is one too many within the flap window ──► DAMPED
//	DAMPED ── no failure for penalty × n, then rise in a row ──► UP
//	ADMIN lies over all of them: probes go on below it, and what they have seen counts once the operator says auto.
//
// Passive evidence (a transfer that failed, timeouts in a row) makes a target suspect and brings its next probe forward.
// It decides nothing else: a suspicion that no probe confirms ends as if it had not been.
//
// [Isolation] is the suspicion that it is us who is cut off. While it freezes, no probe changes the phase of any target,
// and none counts.
package health
