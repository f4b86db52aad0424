// Package notify tells secondaries of new versions of zones (RFC 1996).
//
// One [Sender] serves all zones of the process. One goroutine sends, and one a socket reads the answers; a
// zone or a target has no goroutine and no ticker of its own. What is still to be told is a task: a zone and
// a target. A task takes the newest SOA; versions that come before the target has answered are told once.
//
//	       Tell                sent
//	──────────────► ready ──────────────► waiting ──► over: answered, or not after five messages
//	                  ▲                      │
//	                  └──────────────────────┘ no answer in time; answered, and newer meanwhile
//
// Messages under way are bounded, in total and to one target, so that their answers fit into the buffer of
// the socket. A message counts as under way until it is answered, but not for long: targets that do not
// answer take no more than half of the room, and come after those that do. So dead targets, however many,
// delay nobody else.
//
// What became of a task is a value: the package neither logs nor counts.
package notify
