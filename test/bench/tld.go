package main

import (
	"fmt"
	"slices"
	"time"
)

// tld: a zone in the shape of a top-level domain, ten times the large one: load, change, restart.
type tld struct{}

var (
	tldTime    = figure{measure: "tld", title: "TLD: AXFR in, start to answer", unit: seconds, goal: goal{most: 10}}
	tldCPU     = figure{measure: "tld", title: "TLD: AXFR in, CPU", unit: seconds}
	tldPeak    = figure{measure: "tld", title: "TLD: AXFR in, peak memory", unit: octets, goal: goal{most: 1.3e9}}
	tldSettled = figure{measure: "tld", title: "TLD: memory, settled", unit: octets}
	tldRecord  = figure{measure: "tld", title: "TLD: memory, settled ÷ records", unit: octets, plain: true}
	tldChange  = figure{measure: "tld", title: "TLD: one-record change, NOTIFY to answer", unit: seconds, goal: goal{most: 0.020}}
	tldChanged = figure{measure: "tld", title: "TLD: one-record change, CPU", unit: seconds}
	tldMissed  = figure{measure: "tld", title: "TLD: changes not taken after the first NOTIFY", unit: count, of: sum, plain: true}
	tldQuery   = figure{measure: "tld", title: "TLD: CPU a query at the rate", unit: seconds}
	tldLoading = figure{measure: "tld", title: "TLD: longest pause of the garbage collector while the zone comes and the primary takes a processor", unit: seconds, plain: true}
	tldPause   = figure{measure: "tld", title: "TLD: pause of the garbage collector while queries come, 95 of 100", unit: seconds, goal: goal{most: 0.001}}
	tldLongest = figure{measure: "tld", title: "TLD: the longest of them", unit: seconds, plain: true}
	tldCounted = figure{measure: "tld", title: "TLD: the same as the Go runtime counts it, 95 of 100", unit: seconds, plain: true}
	tldRestart = figure{measure: "tld", title: "TLD: restart, the primary down, start to answer", unit: seconds, goal: goal{most: 6}}
	tldAgain   = figure{measure: "tld", title: "TLD: restart, peak memory", unit: octets}
)

func (tld) name() string { return "tld" }

func (tld) about(o options) string {
	return fmt.Sprintf("a TLD of %d records, everybody once", o.tld)
}

func (tld) run(b *bench) {
	b.results.declare(tldTime, tldCPU, tldPeak, tldSettled, tldRecord, tldChange, tldChanged, tldMissed, tldQuery, tldLoading, tldPause, tldLongest, tldCounted, tldRestart, tldAgain)
	b.stand.during(func() {
		z := b.tldZone()
		file := b.questionFile(tldQuestions(b.options.tld, questionCount))
		b.alone(1, b.contenders(), func(c contender) {
			p := b.startPrimary(z.find)
			o := order{zones: []string{z.name}, primary: p.addr, folder: b.stand.TempDir()}
			s := b.launch(c, o)
			begun := b.collections(s)
			tldLoad(b, s, z)
			if pauses := b.pauses(s, begun); len(pauses) > 0 {
				b.results.add(tldLoading, s.name, slices.Max(pauses))
			}
			tldUse(b, s, z, file)
			tldPauses(b, s, file)
			if c.title() == stockTitle {
				return // it keeps nothing
			}
			s.saved(b)
			p.close()
			again := b.launch(c, o)
			took := b.answered(again, z)
			again.quiet(b)
			b.results.add(tldRestart, c.title(), took)
			b.results.add(tldAgain, c.title(), float64(again.peak()))
			b.say("  %-6s %.2fs after a restart, %d MB at the most", c.title(), took, again.peak()>>20)
		})
		// The pauses of a program without any zone show what the machine has in them.
		b.stand.during(func() { tldPauses(b, b.launch(b.whoami(), order{zones: []string{"."}}), file) })
	})
}

func tldLoad(b *bench, s *server, z *largeZone) {
	took := b.answered(s, z)
	s.quiet(b)
	cpu, peak := s.cpu(), s.peak()
	settled := s.settled(b)
	b.results.add(tldTime, s.name, took)
	b.results.add(tldCPU, s.name, cpu.Seconds())
	b.results.add(tldPeak, s.name, float64(peak))
	b.results.add(tldSettled, s.name, float64(settled))
	b.results.add(tldRecord, s.name, float64(settled)/float64(z.records))
	b.say("  %-6s %.2fs, CPU %.2fs, %d MB settled, %d MB at the most", s.name, took, cpu.Seconds(), settled>>20, peak>>20)
}

// tldUse changes the zone a few times, and asks for what is in it.
func tldUse(b *bench, s *server, z *largeZone, file string) {
	for range 5 {
		r := z.revise(b, 1)
		before := s.cpu()
		took := b.visible(s, r, loadPoll, tldMissed)
		b.results.add(tldChange, s.name, took.Seconds())
		b.results.add(tldChanged, s.name, (s.cpu() - before).Seconds())
		b.say("  %-6s a change after %s", s.name, took)
	}
	b.results.add(tldQuery, s.name, b.dnsperf(s, file, b.options.rate, b.half()).perQuery())
}

// tldPauses has the garbage collector run again and again while queries come. They are few enough to leave a part of two
// processors idle: to stop a program whose threads wait for a processor takes as long as they wait, whatever the program.
//
// A pause is from the moment that the collector asks the program to stop to the moment that a processor runs it again.
// What the runtime counts is longer, and told too: it ends when the thread that woke the others goes on, and the kernel
// may have given that thread's processor to one of those.
func tldPauses(b *bench, s *server, file string) {
	if s.garbage == nil {
		return
	}
	if s.flush != nil {
		s.flush() // the disk takes processors, too
	}
	s.quiet(b)
	ended, end := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-end:
				return
			case <-time.After(50 * time.Millisecond):
				s.garbage() // it is known to work
			}
		}
	}()
	var stops []stop
	var err error
	traced := make(chan struct{})
	go func() {
		defer close(traced)
		stops, err = b.stops(s)
	}()
	b.dnsperf(s, file, b.options.rate/5, max(b.half(), traceSeconds*time.Second))
	close(end)
	<-ended
	<-traced
	if err != nil || len(stops) == 0 {
		b.stand.Fatalf("trace of %s: %d stops, %v", s.name, len(stops), err)
	}
	b.results.add(tldPause, s.name, worst(stops, 95, func(s stop) time.Duration { return s.held }).Seconds())
	b.results.add(tldLongest, s.name, worst(stops, 100, func(s stop) time.Duration { return s.held }).Seconds())
	b.results.add(tldCounted, s.name, worst(stops, 95, func(s stop) time.Duration { return s.counted }).Seconds())
	b.say("  %-6s stood for %s at the most in %d stops, %s as the runtime counts", s.name,
		worst(stops, 100, func(s stop) time.Duration { return s.held }), len(stops),
		worst(stops, 100, func(s stop) time.Duration { return s.counted }))
}

// worst is the most that a share of the stops took.
func worst(list []stop, percent int, of func(stop) time.Duration) time.Duration {
	times := make([]time.Duration, len(list))
	for i, s := range list {
		times[i] = of(s)
	}
	slices.Sort(times)
	return times[(len(times)-1)*percent/100]
}
