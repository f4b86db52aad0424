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
		b.stand.during(func() { m.profile(b) })
	}
	return nil
}

// profileSeconds is how long a CPU profile lasts: CoreDNS's pprof gives up after five.
const profileSeconds = 4

// changeRuns is how many profiles of changes are taken.
const changeRuns = 3

// loadRuns is how many loads are profiled. One takes less than a second: that is some seventy samples.
const loadRuns = 5

func (b *bench) own() contender {
	return coredns{name: oursTitle, plugin: "secondaryplus", binary: b.ours}
}

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

// saveCPU profiles the server while f runs, in as many profiles as that takes.
func (b *bench) saveCPU(s *server, name string, f func()) {
	done, ended := make(chan error, 1), make(chan struct{})
	go func() {
		var err error
		defer func() { done <- err }()
		defer b.stand.recovered(&err)
		for i := 1; ; i++ {
			b.save(s, fmt.Sprintf("profile?seconds=%d", profileSeconds), fmt.Sprintf("%s%d.cpu", name, i))
			select {
			case <-ended:
				return
			default:
			}
		}
	}()
	f()
	close(ended)
	if err := <-done; err != nil {
		b.stand.Fatal(err)
	}
}
