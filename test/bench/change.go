package main

import (
	"fmt"
	"syscall"
	"time"
)

// change: how long it takes from a NOTIFY of a one-record change to the first new answer. Time and CPU are
// taken from different changes: a question every 50 µs costs more than the change.
type change struct{}

var (
	changeMedian = figure{measure: "change", title: "one-record change, NOTIFY to answer", unit: seconds, goal: goal{0.7, "bind"}}
	changeMax    = figure{measure: "change", title: "one-record change, the slowest", unit: seconds, of: largest, plain: true}
	changeMissed = figure{measure: "change", title: "one-record changes not taken after the first NOTIFY", unit: count, of: sum, plain: true}
	changeCPU    = figure{measure: "change", title: "one-record change, CPU", unit: seconds, goal: goal{most: 0.003}}
)

// How often answers are looked at: while a zone loads, while a change is awaited, and while its cost is
// what matters.
const (
	loadPoll   = 500 * time.Microsecond
	changePoll = 50 * time.Microsecond
	sparsePoll = 10 * time.Millisecond
)

func (change) name() string { return "change" }

func (change) about(o options) string {
	return fmt.Sprintf("%d changes of one record in %d", o.changes, o.records)
}

func (change) run(b *bench) {
	b.results.declare(changeMedian, changeMax, changeMissed, changeCPU)
	b.stand.during(func() {
		f := b.loadedField(b.largeOrder())
		for i := range b.options.changes {
			r := b.large.revise(b, 1)
			f.each(i, func(s *server) {
				took := b.visible(s, r, changePoll, changeMissed).Seconds()
				b.results.add(changeMedian, s.name, took)
				b.results.add(changeMax, s.name, took)
			})
		}
		for i := range max(b.options.changes/2, 1) {
			r := b.large.revise(b, 1)
			f.each(i, func(s *server) {
				before := s.cpu()
				b.visible(s, r, sparsePoll, changeMissed)
				b.results.add(changeCPU, s.name, (s.cpu() - before).Seconds())
			})
		}
	})
}

// A NOTIFY that has led to nothing for so long is counted as missed and sent again, a few times.
const (
	changeBound = 20 * time.Second
	changeTries = 3
)

// visible tells a server of a revision and returns after how long it answered with it; of several NOTIFYs,
// the last one counts. Then it waits until the server has done what else there was to do.
func (b *bench) visible(s *server, r revision, every time.Duration, missed figure) time.Duration {
	for range changeTries {
		begun := b.tell(s, r)
		at, err := b.watch(s, r.name, address(r.address), every, changeBound)
		if err == nil {
			s.quiet(b)
			b.results.add(missed, s.name, 0)
			return at.Sub(begun)
		}
		b.results.add(missed, s.name, 1)
		b.say("  %s missed a change; it says:\n%s", s.name, s.tail())
	}
	b.stand.Fatalf("a change is not taken after %d NOTIFYs", changeTries)
	return 0
}

// tell sends the NOTIFY, and says when. Its answer is not waited for: stock sends it after the transfer.
func (b *bench) tell(s *server, r revision) time.Time {
	fd, err := socket(s.addr)
	if err != nil {
		b.stand.Fatal(err)
	}
	defer syscall.Close(fd)
	begun := time.Now()
	if _, err := syscall.Write(fd, r.notify); err != nil {
		b.stand.Fatal(err)
	}
	return begun
}
