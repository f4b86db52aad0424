package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// options are the command line.
type options struct {
	records, zones  int
	tld, many       int
	rounds, changes int
	rate, seconds   int
	patience        time.Duration
	only, with      string
	ours, stock     string
	out             string
	profile         bool
}

func parseOptions() options {
	var o options
	flag.IntVar(&o.records, "records", 1_000_000, "records of the large zone")
	flag.IntVar(&o.zones, "zones", 10_000, "how many small zones there are")
	flag.IntVar(&o.tld, "tld", 10_000_000, "records of the zone in the shape of a TLD")
	flag.IntVar(&o.many, "many", 100_000, "how many small zones there are in the measure of that name")
	flag.IntVar(&o.rounds, "rounds", 3, "how often everything is measured; medians are shown")
	flag.IntVar(&o.changes, "changes", 20, "how many one-record changes are made")
	flag.IntVar(&o.rate, "rate", 5000, "queries a second at which CPU and latency are measured")
	flag.IntVar(&o.seconds, "seconds", 6, "how long queries are sent at a time")
	flag.DurationVar(&o.patience, "patience", 2*time.Minute, "how long any wait lasts before a contender has failed")
	flag.StringVar(&o.only, "only", usual, "the measures, separated by commas; all: those that take long, too")
	flag.StringVar(&o.with, "with", everybody, "the contenders, separated by commas")
	flag.StringVar(&o.ours, "ours", "", "our binary; empty: build ./coredns-build")
	flag.StringVar(&o.stock, "stock", "", "the binary for stock secondary; empty: the same as ours")
	flag.StringVar(&o.out, "out", "", "a folder for the table, the plot, the raw values and profiles")
	flag.BoolVar(&o.profile, "profile", false, "afterwards, save CPU and heap profiles of ours into -out")
	flag.Parse()
	return o
}

func main() {
	o := parseOptions()
	system()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run does everything, and whatever happens ends what it has started.
func run(o options) (err error) {
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	chosen, err := choose(o.only)
	if err != nil {
		return err
	}
	s := newStand()
	defer s.close()
	defer s.recovered(&err)
	interrupted(s)
	b := newBench(s, o)
	for _, m := range chosen {
		b.say("%s: %s", m.name(), m.about(o))
		b.measure = m.name()
		m.run(b)
	}
	if err := b.report(); err != nil {
		return err
	}
	if o.profile {
		if err := b.profiles(chosen); err != nil {
			return err
		}
	}
	return b.results.failed(oursTitle)
}

// choose finds the measures of a list.
func choose(list string) (chosen []measure, err error) {
	if list == "all" {
		return measures, nil
	}
	for _, name := range strings.Split(list, ",") {
		m, ok := find(strings.TrimSpace(name))
		if !ok {
			return nil, fmt.Errorf("no measure is called %q", name)
		}
		chosen = append(chosen, m)
	}
	return chosen, nil
}

// interrupted cleans up when the user has had enough.
func interrupted(s *stand) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-c
		s.over.Store(true)
		s.close()
		os.Exit(130)
	}()
}
