package main

import (
	"fmt"
	"time"
)

// query: what an answer from the large zone costs, and how many there can be.
type query struct{}

var (
	queryCPU  = figure{measure: "query", title: "CPU a query at the rate", unit: seconds}
	queryP50  = figure{measure: "query", title: "latency at the rate, p50", unit: seconds, plain: true}
	queryP99  = figure{measure: "query", title: "latency at the rate, p99", unit: seconds}
	queryMost = figure{measure: "query", title: "most answers a second", unit: perSecond}
	queryFull = figure{measure: "query", title: "CPU a query at the most", unit: seconds, goal: goal{1.25, whoamiTitle}}
)

func (query) name() string { return "query" }

func (query) about(o options) string {
	return fmt.Sprintf("%d queries/s for %d s, then as many as possible for half as long, %d rounds", o.rate, o.seconds, o.rounds)
}

func (query) run(b *bench) {
	b.stand.during(func() {
		f := b.loadedField(b.largeOrder())
		f.servers = append(f.servers, b.launch(b.whoami(), order{zones: []string{"."}}))
		file := b.questionFile(questions(b.options.records, questionCount))
		for round := range b.options.rounds {
			f.each(round, func(s *server) { queryOnce(b, s, file) })
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
	most := b.dnsperf(s, file, 0, b.half())
	b.results.add(queryMost, s.name, most.rate)
	b.results.add(queryFull, s.name, most.perQuery())
	b.say("  %-6s %.1f µs CPU a query, at most %.0f/s", s.name, t.perQuery()*1e6, most.rate)
}

// questionFile lasts as long as the part of the run that it is written in.
func (b *bench) questionFile(list []question) string {
	return b.write(b.stand.TempDir(), "questions", questionLines(list))
}

// half is how long queries are sent where less is enough.
func (b *bench) half() time.Duration {
	return max(time.Duration(b.options.seconds)*time.Second/2, time.Second)
}
