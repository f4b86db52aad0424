// Package outgoing answers AXFR and IXFR queries of secondaries below us: it decides what a reply consists of
// and packs its messages (RFC 5936 §2.2, RFC 1995 §2 and §4).
//
// It does no I/O: messages go, one after the other as they are filled, to a function of the caller's, who may
// sign them. At any time one message is in memory.
package outgoing
