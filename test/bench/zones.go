package main

import (
	"fmt"
	"time"
)

// zones: what very many small zones cost, beside one of the same kind.
type zones struct{}

var (
	zonesTime   = figure{measure: "zones", title: "many zones, start till all answer", unit: seconds, goal: goal{most: 1}}
	zonesCPU    = figure{measure: "zones", title: "many zones, CPU of the start", unit: seconds}
	zonesMemory = figure{measure: "zones", title: "many zones, memory a zone beyond that of one", unit: octets, goal: goal{most: 4000}}
	zonesWhole  = figure{measure: "zones", title: "many zones, memory of the process", unit: octets, plain: true}
	zonesOne    = figure{measure: "zones", title: "CPU a query with one zone", unit: seconds, plain: true}
	zonesMany   = figure{measure: "zones", title: "CPU a query with many zones", unit: seconds}
	zonesFactor = figure{measure: "zones", title: "CPU a query with many zones ÷ with one", unit: times, goal: goal{most: 1.05}}
)

func (zones) name() string { return "zones" }

func (zones) about(o options) string {
	return fmt.Sprintf("%d zones, %d rounds", o.zones, o.rounds)
}

func (zones) run(b *bench) {
	b.stand.during(func() {
		primary := b.startPrimary(newSmallZones(b.options.zones).find).addr
		one := b.questionFile(smallQuestions(1, questionCount))
		many := b.questionFile(smallQuestions(b.options.zones, questionCount))
		b.alone(b.options.rounds, b.contenders(), func(c contender) { zonesOnce(b, c, primary, one, many) })
	})
}

func zonesOnce(b *bench, c contender, primary, one, many string) {
	var oneMemory, manyMemory, oneQuery, manyQuery float64
	var took, cpu time.Duration
	b.stand.during(func() {
		s := b.launch(c, order{zones: smallNames(1), primary: primary})
		b.allAnswer(s, smallNames(1))
		oneMemory, oneQuery = rest(b, s, one)
	})
	b.stand.during(func() {
		s := b.launch(c, order{zones: smallNames(b.options.zones), primary: primary})
		took, cpu = b.allAnswer(s, smallNames(b.options.zones))
		manyMemory, manyQuery = rest(b, s, many)
	})
	b.results.add(zonesTime, c.title(), took.Seconds())
	b.results.add(zonesCPU, c.title(), cpu.Seconds())
	b.results.add(zonesMemory, c.title(), (manyMemory-oneMemory)/float64(max(b.options.zones-1, 1)))
	b.results.add(zonesWhole, c.title(), manyMemory)
	b.results.add(zonesOne, c.title(), oneQuery)
	b.results.add(zonesMany, c.title(), manyQuery)
	b.results.add(zonesFactor, c.title(), manyQuery/oneQuery)
	b.say("  %-6s %.3fs, %.1f MB, %.1f µs CPU a query, %.1f with one", c.title(), took.Seconds(), manyMemory/1e6, manyQuery*1e6, oneQuery*1e6)
}

// rest is what a server costs when everything is loaded: its memory, and the CPU of a query.
func rest(b *bench, s *server, questions string) (memory, perQuery float64) {
	memory = float64(s.settled(b))
	t := b.dnsperf(s, questions, b.options.rate, b.half())
	return memory, t.perQuery()
}
