package main

import (
	"fmt"
	"slices"
	"time"
)

// many: ten times the zones, from disk: what they cost at rest, and how long one of them waits for the others.
type many struct{}

var (
	manyFirst   = figure{measure: "many", title: "very many zones, first start till all answer", unit: seconds}
	manyTime    = figure{measure: "many", title: "very many zones from disk, the primary down, till all answer", unit: seconds, goal: goal{most: 10}}
	manyMemory  = figure{measure: "many", title: "very many zones: memory, settled", unit: octets, goal: goal{most: 600e6}}
	manyPeak    = figure{measure: "many", title: "very many zones: peak memory", unit: octets, plain: true}
	manyIdle    = figure{measure: "many", title: "very many zones: idle, of a CPU", unit: share, goal: goal{most: 0.02}}
	manyNotify  = figure{measure: "many", title: "very many zones: NOTIFY to answer while 10,000 others refresh", unit: seconds, goal: goal{most: 0.050}}
	manyWorst   = figure{measure: "many", title: "very many zones: the slowest NOTIFY", unit: seconds, of: largest, plain: true}
	manyMissed  = figure{measure: "many", title: "very many zones: changes not taken after the first NOTIFY", unit: count, of: sum, plain: true}
	manyRefresh = figure{measure: "many", title: "very many zones: till the 10,000 have refreshed", unit: seconds}
)

func (many) name() string { return "many" }

func (many) about(o options) string {
	return fmt.Sprintf("%d zones, everybody once", o.many)
}

func (many) run(b *bench) {
	b.results.declare(manyFirst, manyTime, manyMemory, manyPeak, manyIdle, manyNotify, manyWorst, manyMissed, manyRefresh)
	// A thing that goes over all zones for each query takes an hour to show that.
	list := slices.DeleteFunc(b.contenders(), func(c contender) bool { return c.title() == stockTitle })
	b.alone(1, list, func(c contender) {
		zones := newSmallZones(b.options.many)
		names := smallNames(b.options.many)
		p := b.startPrimary(zones.find)
		o := order{zones: names, primary: p.addr, folder: b.stand.TempDir(), port: b.freePort()}
		s := b.launch(c, o)
		took, _ := b.allAnswer(s, names)
		b.results.add(manyFirst, s.name, took.Seconds())
		b.say("  %-6s %.2fs", s.name, took.Seconds())
		s.saved(b)
		b.say("  %-6s saved after %s", s.name, time.Since(s.begun).Round(time.Second))
		p.close()
		manyRestart(b, c, o)
		p.open(b)
		manyBusy(b, b.launch(c, o), zones)
	})
}

// manyRestart starts it with what it has on disk.
func manyRestart(b *bench, c contender, o order) {
	s := b.launch(c, o)
	took, _ := b.allAnswer(s, o.zones)
	b.results.add(manyTime, s.name, took.Seconds())
	b.say("  %-6s %.2fs from disk", s.name, took.Seconds())
	s.stop()
}

// idleTime is how long it is looked at when it has nothing to do.
func (o options) idleTime() time.Duration { return 2 * time.Duration(o.seconds) * time.Second }

// manyBusy looks at a server at rest, and then at one zone while others refresh.
func manyBusy(b *bench, s *server, zones *smallZones) {
	b.allAnswer(s, smallNames(zones.n))
	s.calm(b)
	b.results.add(manyMemory, s.name, float64(s.settled(b)))
	b.results.add(manyPeak, s.name, float64(s.peak()))
	before := s.cpu()
	time.Sleep(b.options.idleTime())
	idle := (s.cpu() - before).Seconds() / b.options.idleTime().Seconds()
	b.results.add(manyIdle, s.name, idle)
	b.say("  %-6s %d MB settled, %.2f %% of a CPU idle", s.name, s.resident()>>20, idle*100)
	for round := range b.options.rounds {
		manyCrowd(b, s, zones, round)
	}
}
