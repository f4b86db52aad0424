package main

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// zones: what very many small zones cost, beside one of the same kind.
type zones struct{}

var (
	zonesTime   = figure{measure: "zones", title: "many zones, start till all answer", unit: seconds, goal: "1.0 s"}
	zonesCPU    = figure{measure: "zones", title: "CPU for it", unit: seconds}
	zonesMemory = figure{measure: "zones", title: "memory a zone, beyond that of one", unit: octets, goal: "4 KB"}
	zonesWhole  = figure{measure: "zones", title: "memory of the process", unit: octets}
	zonesOne    = figure{measure: "zones", title: "CPU a query with one zone", unit: seconds}
	zonesMany   = figure{measure: "zones", title: "CPU a query with many", unit: seconds}
	zonesFactor = figure{measure: "zones", title: "many ÷ one", unit: times, goal: "1.05"}
)

func (zones) name() string { return "zones" }

func (zones) about(o options) string {
	return fmt.Sprintf("%d zones, %d rounds", o.zones, o.rounds)
}

func (zones) run(b *bench) {
	b.stand.during(func() {
		primary := b.smallPrimary(b.options.zones).Addr()
		one := b.file("one", smallQuestions(1, questionCount))
		many := b.file("many", smallQuestions(b.options.zones, questionCount))
		for round := range b.options.rounds {
			for _, c := range inTurn(b.contenders()[:2], round) {
				zonesOnce(b, c, primary, one, many)
			}
		}
	})
}

func zonesOnce(b *bench, c contender, primary, one, many string) {
	var oneMemory, manyMemory, oneQuery, manyQuery float64
	var took, cpu time.Duration
	b.stand.during(func() {
		s := b.launch(c, smallNames(1), primary)
		b.allAnswer(s, smallNames(1))
		oneMemory, oneQuery = rest(b, s, one)
	})
	b.stand.during(func() {
		s := b.launch(c, smallNames(b.options.zones), primary)
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
	t := b.dnsperf(s, questions, b.options.rate, max(time.Duration(b.options.seconds)*time.Second/2, time.Second))
	return memory, t.perQuery()
}

// sampled is how many zones are watched while the clock runs. To ask every zone takes a server with a slow
// lookup longer than to load it.
const sampled = 256

// allAnswer returns how long after its start all zones of a server answered, and the CPU that it took till
// then. The clock stops when a sample of the zones has answered; then every zone is asked, and if any was
// not there yet, the moment at which it was counts.
func (b *bench) allAnswer(s *server, names []string) (time.Duration, time.Duration) {
	var last time.Time
	random := rand.New(rand.NewPCG(1, 2))
	for _, i := range random.Perm(min(sampled, len(names))) {
		last = b.zoneAnswers(s, names[len(names)-1-i*len(names)/min(sampled, len(names))])
	}
	cpu := s.cpu()
	b.verify(s, names, &last)
	return last.Sub(s.begun), cpu
}

// verify asks every zone, and moves last to when the slowest answered if it did not at the first time.
func (b *bench) verify(s *server, names []string, last *time.Time) {
	const askers = 8
	var group sync.WaitGroup
	var mu sync.Mutex
	var late []string
	for a := range askers {
		group.Go(func() {
			for i := a; i < len(names); i += askers {
				if !answers(s, names[i]) {
					mu.Lock()
					late = append(late, names[i])
					mu.Unlock()
				}
			}
		})
	}
	group.Wait()
	for _, name := range late {
		*last = b.zoneAnswers(s, name)
	}
	if len(late) > 0 {
		b.say("  %s: %d zones were later than the sample", s.name, len(late))
	}
}

var probeAddress = address("192.0.2.3")

func (b *bench) zoneAnswers(s *server, zone string) time.Time {
	return b.watched(s, "probe."+zone, probeAddress, time.Millisecond)
}

func answers(s *server, zone string) bool {
	w, err := newWatch(s.addr, "probe."+zone, dns.TypeA)
	if err != nil {
		return false
	}
	defer w.close()
	for range 10 { // a lost message is not a zone that is not there
		if m := w.ask(); m != nil {
			return probeAddress(m)
		}
	}
	return false
}
