// Package nswatch compares what the nameservers of a zone answer with each other, with the version that is here, and with
// what the parent says of them. It is told nothing by anybody: it asks.
//
// An [Asker] asks one server, within bounds of time and sockets, and returns what it has [Seen]. All else is pure: from a
// [Round], which is what all servers of a zone said, [Judge] makes a [Report]. A report has findings, and the subjects that
// could be judged at all: of what could not be reached nothing is known, and nothing is over that was found before.
package nswatch
