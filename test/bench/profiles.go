package main

import (
	"fmt"
	"time"

	"github.com/miekg/dns"
)

func (axfr) profile(b *bench) {
	o := b.largeOrder()
	for i := range loadRuns {
		b.stand.during(func() {
			s := b.launch(b.own(), o)
			b.saveCPU(s, fmt.Sprintf("axfr%d-", i+1), func() { b.loaded(s) })
			b.save(s, "allocs", "axfr.allocs")
			b.save(s, "heap?gc=1", "axfr.heap")
		})
	}
}

// ownLoaded is ours, with the large zone.
func (b *bench) ownLoaded() *server {
	o := b.largeOrder()
	o.out = true
	s := b.launch(b.own(), o)
	b.loaded(s)
	s.settled(b)
	return s
}

// saveRepeated profiles what is done over and over.
func (b *bench) saveRepeated(s *server, name string, f func()) {
	b.saveCPU(s, name, func() {
		for end := time.Now().Add(changeRuns * profileSeconds * time.Second); time.Now().Before(end); {
			f()
		}
	})
	b.save(s, "allocs", name+".allocs")
}

func (b *bench) profileChanges(name string, size int) {
	s := b.ownLoaded()
	b.saveRepeated(s, name, func() {
		r := b.large.revise(b, size)
		b.tell(s, r)
		b.watched(s, r.name, address(r.address), sparsePoll)
	})
}

func (change) profile(b *bench) { b.profileChanges("change", 1) }

func (delta) profile(b *bench) { b.profileChanges("delta", largeChurn) }

func (latency) profile(b *bench) {
	s := b.ownLoaded()
	list := questions(b.options.records, questionCount/10)
	b.saveCPU(s, "latency", func() { latencyOnce(b, s, list) })
}

func (query) profile(b *bench) {
	s := b.ownLoaded()
	file := b.questionFile(questions(b.options.records, questionCount))
	b.saveCPU(s, "query", func() { b.dnsperf(s, file, b.options.rate, profileSeconds*time.Second) })
	b.saveCPU(s, "querymost", func() { b.dnsperf(s, file, 0, profileSeconds*time.Second) })
	b.save(s, "allocs", "query.allocs")
}

func (out) profile(b *bench) {
	s := b.ownLoaded()
	b.saveRepeated(s, "out", func() { b.transfer(s, new(dns.Msg).SetAxfr(b.large.name)) })
}

func (restart) profile(b *bench) {
	b.largeZone()
	b.profileKept("restart", b.large)
}

// profileKept is the start with what is on disk.
func (b *bench) profileKept(name string, z *largeZone) {
	p := b.startPrimary(z.find)
	o := order{zones: []string{z.name}, primary: p.addr, folder: b.stand.TempDir()}
	s := b.launch(b.own(), o)
	b.saveCPU(s, name+"-load", func() { b.answered(s, z) })
	b.save(s, "allocs", name+"-load.allocs")
	b.save(s, "heap?gc=1", name+"-load.heap")
	s.saved(b)
	p.close()
	again := b.launch(b.own(), o)
	b.saveCPU(again, name, func() { b.answered(again, z) })
	b.save(again, "allocs", name+".allocs")
	b.save(again, "heap?gc=1", name+".heap")
}

func (tld) profile(b *bench) { b.profileKept("tld", b.tldZone()) }

func (zones) profile(b *bench) {
	names := smallNames(b.options.zones)
	s := b.launch(b.own(), order{zones: names, primary: b.startPrimary(newSmallZones(b.options.zones).find).addr})
	b.saveCPU(s, "zones", func() { b.allAnswer(s, names) })
	b.save(s, "allocs", "zones.allocs")
	b.save(s, "heap?gc=1", "zones.heap")
}

func (many) profile(b *bench) {
	zones, names := newSmallZones(b.options.many), smallNames(b.options.many)
	p := b.startPrimary(zones.find)
	o := order{zones: names, primary: p.addr, folder: b.stand.TempDir()}
	s := b.launch(b.own(), o)
	b.saveCPU(s, "many-first", func() { b.allAnswer(s, names) })
	s.saved(b)
	again := b.launch(b.own(), o)
	b.saveCPU(again, "many", func() { b.allAnswer(again, names) })
	again.calm(b)
	b.save(again, "allocs", "many.allocs")
	b.save(again, "heap?gc=1", "many.heap")
	b.saveCPU(again, "many-idle", func() { time.Sleep(b.options.idleTime()) })
	b.saveCPU(again, "many-crowd", func() { manyCrowd(b, again, zones, 0) })
}
