package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/understudy"
)

// small is a bench without anybody to measure.
func small(t *testing.T) *bench {
	s := newStand()
	t.Cleanup(s.close)
	return &bench{stand: s, options: options{records: 1000, tld: 2000, patience: 10 * time.Second}, files: t.TempDir()}
}

// TestRun lets ours go through a few measures, with sizes that say nothing about its speed.
func TestRun(t *testing.T) {
	peer.RequireProgram(t, "dnsperf", "dnsperf")
	out := t.TempDir()
	err := run(options{
		records: 1000, zones: 2, rounds: 1, changes: 2, seconds: 1, rate: 1000, patience: 20 * time.Second,
		only: "change,delta,out,restart", with: oursTitle, ours: understudy.Binary(t), out: out,
	})
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(filepath.Join(out, "bench.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []figure{changeMedian, deltaMedian, outTime, outIXFR, restartTime} {
		if !strings.Contains(string(table), "| "+f.title+" |") {
			t.Errorf("no %q in\n%s", f.title, table)
		}
	}
}

func TestReport(t *testing.T) {
	b := small(t)
	r := &b.results
	for name, v := range map[string]float64{oursTitle: 0.002, "bind": 0.001, stockTitle: 2} {
		r.add(changeMedian, name, v)
	}
	r.add(axfrTime, oursTitle, 0.5)
	r.failures = append(r.failures, dropout{"change", "nsd", "has\n had enough"})
	if err := r.failed("nsd"); err == nil || r.failed(oursTitle) != nil {
		t.Errorf("who failed: %v", err)
	}
	b.options.out = t.TempDir()
	if err := b.report(); err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(b.options.out, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, line := range []string{
		"| measure | ours | stock | bind | ours ÷ best other | goal | met |",
		"| one-record change, NOTIFY to answer | 2 ms | 2.00 s | 1 ms | 2 (bind) | ≤ 0.7 × bind | no, 2.86× |",
		"| AXFR in, start to answer | 500 ms | – | – |  | ≤ 700 ms | yes |",
		"nsd has no change: has had enough.",
	} {
		if !strings.Contains(read("bench.md"), line+"\n") {
			t.Errorf("no line %q in\n%s", line, read("bench.md"))
		}
	}
	d := xml.NewDecoder(strings.NewReader(read("bench.svg")))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the plot is not XML: %v", err)
		}
	}
	if !strings.Contains(read("bench.svg"), "bind: 1 ms") {
		t.Error("the plot has no bar for BIND")
	}
}

func TestAttempt(t *testing.T) {
	b := small(t)
	b.measure = "change"
	var done []string
	list := []contender{knot{}, nsd{}}
	b.alone(2, list, func(c contender) {
		done = append(done, c.title())
		if c.title() == "nsd" {
			b.stand.Fatal("not today")
		}
	})
	if got := strings.Join(done, " "); got != "knot nsd knot" {
		t.Errorf("who took part: %s", got)
	}
	if len(b.results.failures) != 1 || b.results.failures[0].Reason != "not today" {
		t.Errorf("failures: %v", b.results.failures)
	}
}
