package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/miekg/dns"
)

// out: what a secondary below gets: the whole zone, as fast as a client can read that looks at nothing, and how much
// it is sent for one change.
type out struct{}

var (
	outTime = figure{measure: "out", title: "AXFR out", unit: seconds, goal: goal{most: 0.15}}
	outCPU  = figure{measure: "out", title: "AXFR out, CPU", unit: seconds}
	outSize = figure{measure: "out", title: "AXFR out, octets", unit: octets, plain: true}
	outIXFR = figure{measure: "out", title: "IXFR out of one change, octets", unit: octets, goal: goal{1, "bind"}}
)

func (out) name() string { return "out" }

func (out) about(o options) string {
	return fmt.Sprintf("AXFR out of %d records, %d rounds, and IXFR of one change", o.records, 2*o.rounds)
}

func (out) run(b *bench) {
	b.stand.during(func() {
		o := b.largeOrder()
		o.out = true
		f := b.loadedField(o)
		for round := range 2 * b.options.rounds {
			f.each(round, func(s *server) { outOnce(b, s) })
		}
		old := b.large.serial()
		r := b.large.revise(b, 1)
		f.each(0, func(s *server) {
			b.visible(s, r, loadPoll, changeMissed)
			_, size := b.transfer(s, ixfrQuery(b.large.name, old))
			b.results.add(outIXFR, s.name, float64(size))
		})
	})
}

func outOnce(b *bench, s *server) {
	before := s.cpu()
	took, size := b.transfer(s, new(dns.Msg).SetAxfr(b.large.name))
	b.results.add(outTime, s.name, took.Seconds())
	b.results.add(outCPU, s.name, (s.cpu() - before).Seconds())
	b.results.add(outSize, s.name, float64(size))
}

func ixfrQuery(zone string, serial uint32) *dns.Msg {
	return new(dns.Msg).SetIxfr(zone, serial, "ns1."+zone, "hostmaster."+zone)
}

// transfer asks for a zone, and returns after how long the last message was there, and the octets of all of them.
func (b *bench) transfer(s *server, m *dns.Msg) (time.Duration, int) {
	raw, err := m.Pack()
	if err != nil {
		b.stand.Fatal(err)
	}
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		b.stand.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(b.options.patience / 4))
	begun := time.Now()
	if _, err := c.Write(append(uint16s(uint16(len(raw))), raw...)); err != nil {
		b.stand.Fatal(err)
	}
	in := bufio.NewReaderSize(c, 1<<20)
	size, answers := 0, 0
	for {
		n, records, err := readMessage(in)
		if err != nil {
			b.stand.Fatalf("transfer, after %d records: %v", answers, err)
		}
		size, answers = size+n, answers+records
		if answers == b.large.records+1 || m.Question[0].Qtype == dns.TypeIXFR && answers == oneChange {
			return time.Since(begun), size
		}
	}
}

// oneChange are the records of an IXFR of it: the new SOA, the old one and what is deleted, the new one and what is
// added, and the new one.
const oneChange = 6

// readMessage reads one message, and returns how many octets and records it has.
func readMessage(in *bufio.Reader) (size, records int, err error) {
	var head [2 + headerOctets]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return 0, 0, err
	}
	size = int(binary.BigEndian.Uint16(head[:]))
	if rcode := head[2+3] & 15; rcode != 0 {
		return 0, 0, fmt.Errorf("RCODE %d", rcode)
	}
	_, err = in.Discard(size - headerOctets)
	return size, int(binary.BigEndian.Uint16(head[2+6:])), err
}
