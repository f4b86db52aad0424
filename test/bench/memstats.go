package main

import (
	"bytes"
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

// longestPause is the longest time, in seconds, for which the garbage collector of a Go program has stopped it, of
// the last 256.
func (b *bench) longestPause(s *server) (float64, bool) {
	if s.pprof == "" {
		return 0, false
	}
	_, rest, _ := strings.Cut(b.memStats(s), "# PauseNs = [")
	list, _, _ := strings.Cut(rest, "]")
	var longest time.Duration
	for _, f := range strings.Fields(list) {
		n, _ := strconv.ParseInt(f, 10, 64)
		longest = max(longest, time.Duration(n))
	}
	return longest.Seconds(), longest > 0
}
