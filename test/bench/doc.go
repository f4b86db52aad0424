// Command bench measures our secondary beside CoreDNS's own and beside BIND, Knot and NSD, in one run: every contender
// does the same thing in turn, round after round, and the medians are compared.
//
//	go run ./test/bench -out bench.out
//	go run ./test/bench -only axfr,query -with ours,nsd -records 100000 -rounds 5
//	go run ./test/bench -only tld,many
//	go run ./test/bench -profile -only axfr -out bench.out
//
// The measures are
//
//	axfr     from the start of a process that has nothing to the first answer; CPU and memory
//	change   from the NOTIFY of one changed record to the first new answer, asked for every 50 µs
//	delta    the same with 10,000 records: 5,000 addresses are replaced
//	latency  the 99th percentile while such changes land, beside that at rest
//	query    CPU a query, at a rate and at most, beside the plugin whoami
//	out      AXFR out to a client that only counts, and the octets of an IXFR of one change
//	restart  from the start of a process that has the zone on disk, its primary down, to the first answer
//	zones    10,000 zones: until all answer; memory; CPU a query beside that with one
//	tld      10 M records in the shape of a TLD: load, change, pauses of the garbage collector, restart
//	         (the pauses are read from a trace of the Go runtime, by "go tool trace")
//	many     100,000 zones: from disk; at rest; one NOTIFY while 10,000 others refresh
//
// The last two are not among those that run by default. A contender that fails is a dash in the table with the reason
// below it, and the run goes on.
//
// The primary of all is a part of this program. It sends a reply to AXFR that lies in a file, and overwrites in
// it the few addresses that change: it costs next to nothing, and is the same for everybody. All traffic is on loopback.
//
// Ours and stock are the same binary with another Corefile: it holds every plugin of CoreDNS, so that the
// two differ in the plugin alone. -stock names another binary for the second one. The others have the settings of their
// packages, but for those in peers.go.
//
// A measure and a contender know nothing of each other but two small interfaces, in measure.go and
// contender.go: another name server is one more contender, another question one more measure.
package main
