package main

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// traffic is what dnsperf tells of a run.
type traffic struct {
	answered  int
	rate      float64   // answers a second
	latencies []float64 // seconds, ascending; nil when not asked for
	cpu       time.Duration
}

// perQuery is the CPU time of the server for one answer, in seconds.
func (t traffic) perQuery() float64 { return t.cpu.Seconds() / float64(max(t.answered, 1)) }

// quantile is a latency in seconds.
func (t traffic) quantile(q float64) float64 {
	if len(t.latencies) == 0 {
		return 0
	}
	return t.latencies[min(int(q*float64(len(t.latencies))), len(t.latencies)-1)]
}

// dnsperf sends the questions in a file to a server, at a rate, or as fast as it answers when rate is 0.
// Latencies are known only at a rate: dnsperf 2.10 prints each, which would cost too much without one.
func (b *bench) dnsperf(s *server, file string, rate int, duration time.Duration) traffic {
	host, port, _ := net.SplitHostPort(s.addr)
	args := []string{"-f", "inet", "-s", host, "-p", port, "-d", file, "-W", "-l", fmt.Sprintf("%.0f", duration.Seconds())}
	if rate > 0 {
		args = append(args, "-Q", strconv.Itoa(rate), "-v")
	}
	cmd := exec.Command("dnsperf", args...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.stand.Fatal(err)
	}
	// dnsperf ends by itself; this is for the day on which it does not.
	watchdog := time.AfterFunc(duration+b.options.patience, func() { cmd.Process.Kill() })
	defer watchdog.Stop()
	before := s.cpu()
	t := readTraffic(out)
	if err := cmd.Wait(); err != nil {
		b.stand.Fatalf("dnsperf: %v\n%s", err, complaints.String())
	}
	t.cpu = s.cpu() - before
	if t.answered == 0 {
		b.stand.Fatalf("dnsperf had no answer from %s\n%s", s.name, complaints.String())
	}
	return t
}

var (
	completedLine = regexp.MustCompile(`Queries completed:\s+(\d+)`)
	rateLine      = regexp.MustCompile(`Queries per second:\s+([\d.]+)`)
)

// readTraffic reads the output, in which a line that begins with ">" is one answer.
func readTraffic(out io.Reader) (t traffic) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "> ") {
			latency, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
			if err == nil {
				t.latencies = append(t.latencies, latency)
			}
			continue
		}
		if m := completedLine.FindStringSubmatch(line); m != nil {
			t.answered, _ = strconv.Atoi(m[1])
		}
		if m := rateLine.FindStringSubmatch(line); m != nil {
			t.rate, _ = strconv.ParseFloat(m[1], 64)
		}
	}
	slices.SortFunc(t.latencies, cmp.Compare)
	return t
}
