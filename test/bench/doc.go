// Command bench measures our secondary beside CoreDNS's own, and beside other name servers if asked to, in
// one run: every contender does the same thing in turn, round after round, and the medians are compared.
//
//	go run ./test/bench -out bench.out
//	go run ./test/bench -only axfr,query -records 100000 -rounds 5
//	go run ./test/bench -profile -only axfr -out bench.out
//
// It needs knotd, which is the primary of all contenders, and dnsperf. All traffic is on loopback.
//
// Ours and stock are the same binary with another Corefile: it holds every plugin of CoreDNS, so that the
// two differ in the plugin alone. -stock names another binary for the second one.
//
// A measure and a contender know nothing of each other but two small interfaces, in measure.go and
// contender.go: another name server is one more contender, another question one more measure.
package main
