package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/miekg/dns"
)

// smallName is the apex of the i-th small zone.
func smallName(i int) string { return fmt.Sprintf("zone%d.%s", i, largeName) }

func smallNames(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = smallName(i)
	}
	return list
}

// smallZones are a primary's very many zones of ten records each. They are all alike, and only the serials of those
// that have changed are kept.
type smallZones struct {
	n       int
	mu      sync.Mutex
	changes map[int]uint32
}

func newSmallZones(n int) *smallZones { return &smallZones{n: n, changes: map[int]uint32{}} }

func (s *smallZones) find(zone string) origin {
	number, ok := strings.CutSuffix(strings.ToLower(zone), "."+largeName)
	i, err := strconv.Atoi(strings.TrimPrefix(number, "zone"))
	if !ok || err != nil || i >= s.n {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return smallZone(firstSerial + s.changes[i])
}

// revise gives a zone a new serial, and its probe another address.
func (s *smallZones) revise(i int) revision {
	s.mu.Lock()
	s.changes[i]++
	serial := firstSerial + s.changes[i]
	s.mu.Unlock()
	zone := smallName(i)
	return revision{probeLabel + "." + zone, dottedQuad(smallZone(serial).probe().data), notifyOf(zone, serial)}
}

// smallZone is one of them, at a serial.
type smallZone uint32

func (z smallZone) serial() uint32 { return uint32(z) }

func (z smallZone) probe() record {
	address := ipv4(probeAddress)
	if z > firstSerial {
		address = []byte{10, 200, byte(z >> 8), byte(z)}
	}
	return record{labels(probeLabel), dns.TypeA, 60, address}
}

func (z smallZone) full(q asked, to io.Writer) error {
	host := ipv4("10.0.0.1")
	list := []record{
		soaRecord(z.serial()), {nil, dns.TypeNS, 3600, below("ns1")}, {nil, dns.TypeNS, 3600, below("ns2")},
		{nil, dns.TypeMX, 3600, joined(uint16s(10), below("mail"))}, {nil, dns.TypeA, 3600, host},
		{labels("mail"), dns.TypeA, 3600, host}, nameServer(1), nameServer(2), z.probe(), {labels("www"), dns.TypeA, 3600, host},
		soaRecord(z.serial()),
	}
	return writeReply(q, list, to)
}

func (z smallZone) since(serial uint32) []record {
	current := soaRecord(z.serial())
	if serial >= z.serial() {
		return []record{current}
	}
	old := smallZone(serial)
	return []record{current, soaRecord(serial), old.probe(), current, z.probe(), current}
}

// smallQuestions are spread over all the small zones.
func smallQuestions(zones, n int) []question {
	list := make([]question, n)
	for q := range list {
		zone := smallName(int(uint32(q)*2246822519>>3) % zones)
		list[q] = []question{{"www." + zone, "A"}, {"mail." + zone, "A"}, {"www." + zone, "LOC"}, {"absent." + zone, "A"}}[q%4]
	}
	return list
}
