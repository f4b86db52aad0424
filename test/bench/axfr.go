package main

import "fmt"

// axfr: how long a secondary that has nothing takes from its start to the first answer, and what it costs.
type axfr struct{}

var (
	axfrTime    = figure{measure: "axfr", title: "AXFR in, start to answer", unit: seconds, goal: "0.7 s"}
	axfrCPU     = figure{measure: "axfr", title: "CPU for it", unit: seconds, goal: "0.8 s"}
	axfrSettled = figure{measure: "axfr", title: "memory, settled ÷ records", unit: octets, goal: "100 B"}
	axfrData    = figure{measure: "axfr", title: "of that, not the program's file", unit: octets}
	axfrLoaded  = figure{measure: "axfr", title: "memory before garbage collection ÷ records", unit: octets}
	axfrPeak    = figure{measure: "axfr", title: "peak memory ÷ records", unit: octets}
)

func (axfr) name() string { return "axfr" }

func (axfr) about(o options) string {
	return fmt.Sprintf("AXFR in of %d records, %d rounds", o.records, o.rounds)
}

func (axfr) run(b *bench) {
	primary := b.largePrimary()
	for round := range b.options.rounds {
		for _, c := range inTurn(b.contenders(), round) {
			b.stand.during(func() { axfrOnce(b, c, primary.Addr()) })
		}
	}
}

func axfrOnce(b *bench, c contender, primary string) {
	s := b.launch(c, []string{largeName}, primary)
	answered := b.loaded(s)
	s.quiet(b) // what a load leaves to be done afterwards is part of its cost
	cpu, resident := s.cpu(), s.resident()
	settled := s.settled(b)
	records := float64(b.options.records)
	b.results.add(axfrTime, s.name, answered)
	b.results.add(axfrCPU, s.name, cpu.Seconds())
	b.results.add(axfrSettled, s.name, float64(settled)/records)
	b.results.add(axfrData, s.name, float64(s.anonymous())/records)
	b.results.add(axfrLoaded, s.name, float64(resident)/records)
	b.results.add(axfrPeak, s.name, float64(s.peak())/records)
	b.say("  %-6s %.3fs, CPU %.3fs, %d MB settled", s.name, answered, cpu.Seconds(), settled>>20)
}

// loaded waits until a server has the large zone, and returns the seconds since its start.
func (b *bench) loaded(s *server) float64 {
	at := b.watched(s, label(0)+"."+largeName, address(hostAddress(0)), loadPoll)
	return at.Sub(s.begun).Seconds()
}
