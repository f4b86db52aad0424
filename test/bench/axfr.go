package main

import "fmt"

// axfr: how long a secondary that has nothing takes from its start to the first answer, and what it costs.
type axfr struct{}

var (
	axfrTime    = figure{measure: "axfr", title: "AXFR in, start to answer", unit: seconds, goal: goal{most: 0.7}}
	axfrCPU     = figure{measure: "axfr", title: "AXFR in, CPU", unit: seconds, goal: goal{most: 0.8}}
	axfrSettled = figure{measure: "axfr", title: "memory ÷ records, settled", unit: octets, goal: goal{most: 100}}
	axfrData    = figure{measure: "axfr", title: "of that, not the program's file", unit: octets, plain: true}
	axfrLoaded  = figure{measure: "axfr", title: "memory ÷ records before garbage collection", unit: octets, plain: true}
	axfrPeak    = figure{measure: "axfr", title: "memory ÷ records, peak", unit: octets}
)

func (axfr) name() string { return "axfr" }

func (axfr) about(o options) string {
	return fmt.Sprintf("AXFR in of %d records, %d rounds", o.records, o.rounds)
}

func (axfr) run(b *bench) {
	b.stand.during(func() {
		o := b.largeOrder()
		b.alone(b.options.rounds, b.contenders(), func(c contender) { axfrOnce(b, c, o) })
	})
}

func axfrOnce(b *bench, c contender, o order) {
	s := b.launch(c, o)
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

// largeOrder is to serve the large zone, whose primary lasts as long as the part of the run that this is called in.
func (b *bench) largeOrder() order {
	z := b.largeZone()
	return order{zones: []string{z.name}, primary: b.startPrimary(z.find).addr}
}

// find is what a primary with this zone alone has.
func (z *largeZone) find(zone string) origin {
	if zone != z.name {
		return nil
	}
	return z
}

// loaded waits until a server has the large zone, and returns the seconds since its start.
func (b *bench) loaded(s *server) float64 { return b.answered(s, b.large) }

// answered is loaded for any large zone: it waits for an address, whichever the probe has.
func (b *bench) answered(s *server, z *largeZone) float64 {
	return b.watched(s, z.probe, anyAddress, loadPoll).Sub(s.begun).Seconds()
}
