// Package xfr asks a primary for a zone: the SOA check, AXFR (RFC 5936), IXFR (RFC 1995), TSIG (RFC 8945),
// TLS (RFC 9103) and EXPIRE (RFC 7314).
//
// Its parts, each usable without the one above it:
//
//   - The [Interpreter] is pure. Messages go in, a vocabulary of nine [Event] kinds comes out: the zone is
//     replaced, a delta begins, a record goes, a record comes, finished. It knows neither socket nor clock.
//   - A [Key] signs a query, and the [Verifier] that belongs to the query checks its replies, message by message.
//   - A [TLS] is whom a primary must prove to be, and how we prove who we are (RFC 9103).
//   - A [Client] holds conversations. [Client.Probe] asks for the SOA; [Client.Fetch] feeds an Interpreter from
//     a TCP or TLS connection, applies its events to a [zone.Txn] and returns the candidate. It publishes nothing.
//
// Every failure is an [*Error] that wraps one sentinel a decision; [Next] is the table of what to do then.
//
// What is read is untrusted: nothing here allocates by a length that a message claims, every loop is bounded by
// the message's octets, and a conversation is bounded by [Limits]. On the bulk path no record is ever a Go
// object of its own: owner and RDATA are expanded into two buffers that are used again for the next record.
package xfr
