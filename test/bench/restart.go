package main

import "fmt"

// restart: how long a secondary that has the zone on disk takes from its start to the first answer, when its
// primary is down.
type restart struct{}

var (
	restartTime = figure{measure: "restart", title: "restart, the primary down, start to answer", unit: seconds, goal: goal{most: 0.3}}
	restartCPU  = figure{measure: "restart", title: "restart, CPU", unit: seconds}
)

func (restart) name() string { return "restart" }

func (restart) about(o options) string {
	return fmt.Sprintf("restart with %d records on disk, %d rounds", o.records, o.rounds)
}

func (restart) run(b *bench) {
	b.largeZone()
	for _, c := range b.keepers() {
		b.attempt(c.title(), func() { b.stand.during(func() { restartOnce(b, c) }) })
	}
}

// keepers are the contenders that keep their zones. Stock does not: it has nothing until its primary is back.
func (b *bench) keepers() (list []contender) {
	for _, c := range b.contenders() {
		if c.title() == stockTitle {
			b.results.failures = append(b.results.failures, dropout{b.measure, stockTitle, "keeps nothing on disk"})
			continue
		}
		list = append(list, c)
	}
	return list
}

func restartOnce(b *bench, c contender) {
	p := b.startPrimary(b.large.find)
	o := order{zones: []string{b.large.name}, primary: p.addr, folder: b.stand.TempDir(), port: b.freePort()}
	s := b.launch(c, o)
	b.loaded(s)
	s.saved(b)
	p.close()
	for range b.options.rounds {
		again := b.launch(c, o)
		took := b.loaded(again)
		again.quiet(b)
		b.results.add(restartTime, again.name, took)
		b.results.add(restartCPU, again.name, again.cpu().Seconds())
		b.say("  %-6s %.3fs, CPU %.3fs", again.name, took, again.cpu().Seconds())
		again.stop()
	}
}

// saved ends a server when all that it has to keep is on disk.
func (s *server) saved(b *bench) {
	s.quiet(b)
	if s.flush != nil {
		s.flush()
		s.quiet(b)
	}
	s.stop()
}
