package main

import (
	"fmt"
	"slices"
	"time"
)

// latency: how long an answer takes while a change of 10,000 records lands: from its NOTIFY until a little after the
// first new answer.
type latency struct{}

var (
	latencyRest   = figure{measure: "latency", title: "latency at rest, p99", unit: seconds}
	latencyDuring = figure{measure: "latency", title: "latency while 10,000 records change, p99", unit: seconds, goal: goal{most: 0.0004}}
	latencyRatio  = figure{measure: "latency", title: "latency while 10,000 records change ÷ rest, p99", unit: times, goal: goal{most: 1.2}}
	latencyLost   = figure{measure: "latency", title: "queries of these never answered", unit: count, of: sum, plain: true}
)

func (latency) name() string { return "latency" }

func (latency) about(o options) string {
	return fmt.Sprintf("%d queries/s while %d records change, %d rounds", o.rate, 2*largeChurn, o.rounds)
}

func (latency) run(b *bench) {
	b.stand.during(func() {
		f := b.loadedField(b.largeOrder())
		list := questions(b.options.records, questionCount/10)
		for round := range b.options.rounds {
			f.each(round, func(s *server) { latencyOnce(b, s, list) })
		}
	})
}

// aftermath is what counts as landing after the first answer.
const aftermath = 50 * time.Millisecond

func latencyOnce(b *bench, s *server, list []question) {
	s.catchUp(b, b.large)
	rest := b.newPulse(s, list, b.options.rate*max(b.options.seconds/3, 1))
	rest.run(b.options.rate)
	busy := b.newPulse(s, list, b.options.rate*b.options.seconds)
	done := make(chan struct{})
	go func() {
		busy.run(b.options.rate)
		close(done)
	}()
	spans := b.land(s, time.Duration(b.options.seconds)*time.Second)
	<-done
	atRest := p99(rest.within(span{rest.sent[0], time.Now()}))
	during := p99(busy.within(spans...))
	b.results.add(latencyRest, s.name, atRest)
	b.results.add(latencyDuring, s.name, during)
	b.results.add(latencyRatio, s.name, during/atRest)
	b.results.add(latencyLost, s.name, rest.lost()+busy.lost())
	b.say("  %-6s p99 %.0f µs at rest, %.0f µs during %d changes", s.name, atRest*1e6, during*1e6, len(spans))
}

// land makes one change after the other and says when each of them landed. One that did not until the end has
// lasted until then.
func (b *bench) land(s *server, total time.Duration) (list []span) {
	end := time.Now().Add(total)
	for time.Until(end) > total/10 {
		r := b.large.revise(b, largeChurn)
		begun := b.tell(s, r)
		at, _ := b.watch(s, r.name, address(r.address), changePoll*20, time.Until(end))
		list = append(list, span{begun, at.Add(aftermath)})
		time.Sleep(4 * aftermath)
	}
	return list
}

// catchUp makes a server take the version of the zone that there is now, and waits until it has nothing to do.
func (s *server) catchUp(b *bench, z *largeZone) {
	r := z.revise(b, 1)
	b.visible(s, r, loadPoll, changeMissed)
}

func p99(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[len(list)*99/100]
}
