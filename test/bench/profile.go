package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// profiles does the chosen measures once more with ours alone, after the numbers were taken: a profile costs
// time. They are read with "go tool pprof", which merges those of several runs if it is given them all.
func (b *bench) profiles(chosen []measure) (err error) {
	if b.options.out == "" {
		return errors.New("-profile needs -out")
	}
	defer b.stand.recovered(&err)
	if err := os.MkdirAll(b.options.out, 0o755); err != nil {
		return err
	}
	for _, m := range chosen {
		b.say("%s: profiles", m.name())
		m.profile(b)
	}
	return nil
}

// profileSeconds is how long a CPU profile lasts: CoreDNS's pprof gives up after five.
const profileSeconds = 4

// changeRuns is how many profiles of changes are taken. knotd needs a tenth of a second to make one.
const changeRuns = 15

// loadRuns is how many loads are profiled. One takes less than a second: that is some seventy samples.
const loadRuns = 5

func (b *bench) own() contender { return b.contenders()[0] }

// save writes a profile of a server.
func (b *bench) save(s *server, what, name string) {
	f, err := os.Create(filepath.Join(b.options.out, name+".pprof"))
	if err != nil {
		b.stand.Fatal(err)
	}
	defer f.Close()
	// A server that has just been started may not listen yet.
	b.until("the profile "+name, s, time.Millisecond/2, func() bool {
		err := fetch(s.pprof, what, f)
		if err != nil && time.Since(s.begun) > time.Second {
			b.stand.Fatalf("profile %s: %v", name, err)
		}
		return err == nil
	})
}

// saveCPU profiles the server while f runs, or as long as a profile can be.
func (b *bench) saveCPU(s *server, name string, f func()) {
	done := make(chan error, 1)
	go func() {
		var err error
		defer func() { done <- err }()
		defer b.stand.recovered(&err)
		b.save(s, fmt.Sprintf("profile?seconds=%d", profileSeconds), name+".cpu")
	}()
	f()
	if err := <-done; err != nil {
		b.stand.Fatal(err)
	}
}

func (axfr) profile(b *bench) {
	primary := b.largePrimary()
	for i := range loadRuns {
		b.stand.during(func() {
			s := b.launch(b.own(), []string{largeName}, primary.Addr())
			b.saveCPU(s, fmt.Sprintf("axfr%d", i+1), func() { b.loaded(s) })
			b.save(s, "allocs", "axfr.allocs")
			b.save(s, "heap?gc=1", "axfr.heap")
		})
	}
}

func (change) profile(b *bench) {
	primary := b.largePrimary()
	b.stand.during(func() {
		s := b.launch(b.own(), []string{largeName}, primary.Addr())
		b.loaded(s)
		s.settled(b)
		for i := range changeRuns {
			b.saveCPU(s, fmt.Sprintf("change%d", i+1), func() {
				for end := time.Now().Add(profileSeconds * time.Second); time.Now().Before(end); {
					r := primary.revise(b)
					b.tell(s, r)
					b.watched(s, probeName, address(r.address), sparsePoll)
				}
			})
		}
		b.save(s, "allocs", "change.allocs")
	})
}

func (query) profile(b *bench) {
	primary := b.largePrimary()
	b.stand.during(func() {
		file := b.file("questions", questions(b.options.records, questionCount))
		s := b.launch(b.own(), []string{largeName}, primary.Addr())
		b.loaded(s)
		s.settled(b)
		b.saveCPU(s, "query", func() { b.dnsperf(s, file, b.options.rate, profileSeconds*time.Second) })
		b.saveCPU(s, "querymost", func() { b.dnsperf(s, file, 0, profileSeconds*time.Second) })
		b.save(s, "allocs", "query.allocs")
	})
}

func (zones) profile(b *bench) {
	b.stand.during(func() {
		primary := b.smallPrimary(b.options.zones).Addr()
		s := b.launch(b.own(), smallNames(b.options.zones), primary)
		b.saveCPU(s, "zones", func() { b.allAnswer(s, smallNames(b.options.zones)) })
		b.save(s, "allocs", "zones.allocs")
		b.save(s, "heap?gc=1", "zones.heap")
	})
}
