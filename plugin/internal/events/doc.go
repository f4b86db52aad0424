// Package events tells the operator's systems what is wrong: alerts that fire and are resolved, sent to webhooks
// and to Alertmanagers.
//
// A [Hub] remembers which alerts fire, and what each [Sink] is owed; that is a pure structure, the book. A sink
// has a worker, the only goroutine it has. Fire and Resolve change the book and wake the workers: they wait for
// nobody.
//
//	                      ┌─ queue ───► worker ─► POST a transition
//	Fire, Resolve ─► book ┤
//	                      └─ timeline ─► worker ─► POST what changed, and every minute all that fires
//
// A webhook is told of transitions, each at least once or not at all: a try that timed out may have arrived. An
// alert that fires is a transition, and so are other words of it while it fires, and its end.
//
// An Alertmanager is told of states. What changed is owed until it was taken, and every minute all is sent again. What
// fires is said to end four minutes later, so that it is resolved even if we die; what ended is sent until then.
// Alerts of several servers are the same to an Alertmanager if their labels are: a label should name the server.
//
// Everything is bounded: the alerts that fire by their octets, the transitions a webhook is owed by their number, what
// is read of an answer, and every POST in time. What did not fit is counted. What became of alerts is told as an
// [Outcome]: the package neither logs nor counts.
package events
