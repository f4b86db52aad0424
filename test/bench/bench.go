package main

import (
	"fmt"
	"os"
	"time"

	"github.com/miekg/dns"
)

// bench is one run.
type bench struct {
	stand       *stand
	options     options
	ours, stock string // paths of the binaries
	results     results
	begun       time.Time
	load        string // the machine's load at the beginning
	measure     string // that runs
	files       string // a folder for as long as the run lasts

	large *largeZone // made when first needed, and kept
}

func newBench(s *stand, o options) *bench {
	b := &bench{stand: s, options: o, begun: time.Now(), load: loadAverage(), files: s.TempDir()}
	requireTools(b)
	b.binaries()
	return b
}

// say tells what is being done.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%6.1fs  %s\n", time.Since(b.begun).Seconds(), fmt.Sprintf(format, args...))
}

// until looks at a condition every so often until it holds; who waits for too long, or for a server that has
// ended, has failed.
func (b *bench) until(what string, s *server, every time.Duration, ok func() bool) {
	deadline := time.Now().Add(b.options.patience)
	for !ok() {
		if s.hasEnded() {
			b.stand.Fatalf("%s ended by itself: %s", s.name, s.tail())
		}
		if time.Now().After(deadline) {
			b.stand.Fatalf("waited %s in vain for %s", b.options.patience, what)
		}
		time.Sleep(every)
	}
}

func (s *server) hasEnded() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// watched waits for an answer of a server, and returns when it was there.
func (b *bench) watched(s *server, name string, good func(*dns.Msg) bool, every time.Duration) time.Time {
	at, err := b.watch(s, name, good, every, b.options.patience)
	if err != nil {
		b.stand.Fatalf("%s: %v; %s", name, err, s.tail())
	}
	return at
}

// watch is watched for an answer that may not come.
func (b *bench) watch(s *server, name string, good func(*dns.Msg) bool, every, bound time.Duration) (time.Time, error) {
	w, err := newWatch(s.addr, name, dns.TypeA)
	if err != nil {
		b.stand.Fatal(err)
	}
	defer w.close()
	w.ended = s.hasEnded
	return w.until(good, every, bound)
}

func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	var one, five string
	fmt.Sscan(string(text), &one, &five)
	return one + " " + five
}
