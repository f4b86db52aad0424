package main

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"time"
)

// memStats are the numbers of runtime.MemStats, with which the text form of a heap profile ends.
func (b *bench) memStats(s *server) string {
	var text bytes.Buffer
	if err := fetch(s.pprof, "heap?debug=1", &text); err != nil {
		b.stand.Fatalf("memory statistics of %s: %v", s.name, err)
	}
	return text.String()
}

func memStat(text, name string) int64 {
	_, rest, _ := strings.Cut(text, "# "+name+" = ")
	value, _, _ := strings.Cut(rest, "\n")
	n, _ := strconv.ParseInt(value, 10, 64) // they are numbers
	return n
}

// scavenged says whether a Go program has given back to the kernel what its runtime does not mean to keep: a tenth
// more than the heap may grow to. It does so slowly, in the background.
func (b *bench) scavenged(s *server) bool {
	if s.pprof == "" {
		return true
	}
	text := b.memStats(s)
	const fragments = 4 << 20
	return memStat(text, "HeapSys")-memStat(text, "HeapReleased") < memStat(text, "NextGC")*12/10+fragments
}

// collections is how often the garbage collector of a Go program has run when the program has begun to serve: the pauses
// before that, when it reads its configuration, hold up no query.
func (b *bench) collections(s *server) int64 {
	if s.pprof == "" {
		return 0
	}
	b.until("the start of "+s.name, s, time.Millisecond, func() bool { return fetch(s.pprof, "cmdline", io.Discard) == nil })
	return memStat(b.memStats(s), "NumGC")
}

// pauses are the times, in seconds, for which the garbage collector of a Go program has stopped it after it had run a
// number of times, of the last 256 at the most.
func (b *bench) pauses(s *server, after int64) (list []float64) {
	if s.pprof == "" {
		return nil
	}
	text := b.memStats(s)
	_, rest, _ := strings.Cut(text, "# PauseNs = [")
	rest, _, _ = strings.Cut(rest, "]")
	ring := strings.Fields(rest)
	for run := memStat(text, "NumGC"); run > after && len(list) < len(ring); run-- {
		n, _ := strconv.ParseInt(ring[(run-1)%int64(len(ring))], 10, 64)
		list = append(list, time.Duration(n).Seconds())
	}
	return list
}
