package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// query: what an answer from the large zone costs, and how many there can be.
type query struct{}

var (
	queryCPU  = figure{measure: "query", title: "CPU a query at the rate", unit: seconds, goal: "1.25 × whoami"}
	queryP50  = figure{measure: "query", title: "latency at the rate, p50", unit: seconds}
	queryP99  = figure{measure: "query", title: "latency at the rate, p99", unit: seconds}
	queryMost = figure{measure: "query", title: "most answers a second", unit: perSecond}
	queryFull = figure{measure: "query", title: "CPU a query at the most", unit: seconds}
)

func (query) name() string { return "query" }

func (query) about(o options) string {
	return fmt.Sprintf("%d queries/s for %d s, then as many as possible for half as long, %d rounds", o.rate, o.seconds, o.rounds)
}

func (query) run(b *bench) {
	primary := b.largePrimary()
	b.stand.during(func() {
		file := b.file("questions", questions(b.options.records, questionCount))
		var servers []*server
		for _, c := range b.contenders() {
			s := b.launch(c, []string{largeName}, primary.Addr())
			b.loaded(s)
			servers = append(servers, s)
		}
		servers = append(servers, b.launch(b.whoami(), []string{"."}, ""))
		for _, s := range servers {
			s.settled(b)
		}
		for round := range b.options.rounds {
			for _, s := range inTurn(servers, round) {
				queryOnce(b, s, file)
			}
		}
	})
}

// questionCount is how many different questions there are; dnsperf repeats them.
const questionCount = 200_000

func queryOnce(b *bench, s *server, file string) {
	duration := time.Duration(b.options.seconds) * time.Second
	s.quiet(b)
	t := b.dnsperf(s, file, b.options.rate, duration)
	b.results.add(queryCPU, s.name, t.perQuery())
	b.results.add(queryP50, s.name, t.quantile(0.50))
	b.results.add(queryP99, s.name, t.quantile(0.99))
	most := b.dnsperf(s, file, 0, max(duration/2, time.Second))
	b.results.add(queryMost, s.name, most.rate)
	b.results.add(queryFull, s.name, most.perQuery())
	b.say("  %-6s %.1f µs CPU a query, at most %.0f/s", s.name, t.perQuery()*1e6, most.rate)
}

// file is a file that lasts as long as the part of the run that it is written in.
func (b *bench) file(name, text string) string {
	path := filepath.Join(b.stand.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.stand.Fatal(err)
	}
	return path
}
