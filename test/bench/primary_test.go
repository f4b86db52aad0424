package main

import (
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// transferred is what an ordinary client gets.
func transferred(t *testing.T, addr string, m *dns.Msg) (list []dns.RR) {
	t.Helper()
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	stream, err := (&dns.Transfer{Conn: &dns.Conn{Conn: c}}).In(m, addr)
	if err != nil {
		t.Fatal(err)
	}
	for e := range stream {
		if e.Error != nil {
			t.Fatal(e.Error)
		}
		list = append(list, e.RR...)
	}
	return list
}

func texts(list []dns.RR) string {
	var words []string
	for _, rr := range list {
		switch rr := rr.(type) {
		case *dns.SOA:
			words = append(words, "SOA"+string('0'+rune(rr.Serial)))
		case *dns.A:
			words = append(words, rr.Hdr.Name+"="+rr.A.String())
		}
	}
	return strings.Join(words, " ")
}

func TestLargeZone(t *testing.T) {
	b := small(t)
	p := b.startPrimary(b.largeZone().find)
	check := func(serial uint32, probe string) {
		t.Helper()
		list := transferred(t, p.addr, new(dns.Msg).SetAxfr(largeName))
		if len(list) != b.large.records+1 {
			t.Errorf("%d records, not %d", len(list), b.large.records+1)
		}
		var found string
		for i, rr := range list {
			if a, ok := rr.(*dns.A); ok && rr.Header().Name == b.large.probe {
				found = a.A.String()
			}
			if end := i == 0 || i == len(list)-1; end && rr.(*dns.SOA).Serial != serial {
				t.Errorf("SOA %v, not of %d", rr, serial)
			}
		}
		if found != probe {
			t.Errorf("the probe is %s, not %s", found, probe)
		}
		names := list[5 : len(list)-1]
		if !slices.IsSortedFunc(names, func(x, y dns.RR) int { return strings.Compare(x.Header().Name, y.Header().Name) }) {
			t.Error("names are not in canonical order")
		}
	}
	check(1, probeAddress)
	r := b.large.revise(b, 1)
	check(2, r.address)
	got := texts(transferred(t, p.addr, new(dns.Msg).SetIxfr(largeName, 1, "ns1.", "h.")))
	if want := "SOA2 SOA1 probe.bench.test.=192.0.2.3 SOA2 probe.bench.test.=" + r.address + " SOA2"; got != want {
		t.Errorf("IXFR is %s, not %s", got, want)
	}
	r = b.large.revise(b, largeChurn)
	check(3, r.address)
	changes := transferred(t, p.addr, new(dns.Msg).SetIxfr(largeName, 2, "ns1.", "h."))
	if want := 2*len(b.large.churn) + 4; len(changes) != want || want < 50 {
		t.Errorf("an IXFR of %d records, not %d", len(changes), want)
	}
}

func TestNotify(t *testing.T) {
	var m dns.Msg
	if err := m.Unpack(notifyOf(largeName, 7)); err != nil {
		t.Fatal(err)
	}
	soa, ok := m.Answer[0].(*dns.SOA)
	if !ok || m.Opcode != dns.OpcodeNotify || m.Response || !m.Authoritative || soa.Serial != 7 || soa.Mbox != "hostmaster."+largeName {
		t.Errorf("not a NOTIFY of 7: %v", &m)
	}
	if want := soaOf(largeName, 7); soa.String() != want.String() {
		t.Errorf("the SOA %v, elsewhere %v", soa, want)
	}
}

func TestSmallZones(t *testing.T) {
	b := small(t)
	zones := newSmallZones(3)
	p := b.startPrimary(zones.find)
	if n := len(transferred(t, p.addr, new(dns.Msg).SetAxfr(smallName(1)))); n != 11 {
		t.Errorf("%d records", n)
	}
	r := zones.revise(1)
	got := texts(transferred(t, p.addr, new(dns.Msg).SetIxfr(smallName(1), 1, "ns1.", "h.")))
	probe := probeLabel + "." + smallName(1)
	if want := "SOA2 SOA1 " + probe + "=" + probeAddress + " SOA2 " + probe + "=" + r.address + " SOA2"; got != want {
		t.Errorf("IXFR is %s, not %s", got, want)
	}
	m, err := dns.Exchange(new(dns.Msg).SetQuestion(smallName(2), dns.TypeSOA), p.addr)
	if err != nil || m.Answer[0].(*dns.SOA).Serial != 1 {
		t.Errorf("%v %v", m, err)
	}
	m, err = dns.Exchange(new(dns.Msg).SetQuestion(smallName(3), dns.TypeSOA), p.addr)
	if err != nil || m.Rcode != dns.RcodeRefused {
		t.Errorf("a zone that is not there: %v %v", m, err)
	}
	p.close()
	if _, err := net.DialTimeout("tcp", p.addr, time.Second); err == nil {
		t.Error("a primary that is down takes connections")
	}
	p.open(b)
	if n := len(transferred(t, p.addr, new(dns.Msg).SetAxfr(smallName(1)))); n != 11 {
		t.Errorf("%d records after it came back", n)
	}
}

// TestTLD checks what secondaries index: the chain is closed and in order, and is that of what is signed.
func TestTLD(t *testing.T) {
	b := small(t)
	p := b.startPrimary(b.tldZone().find)
	types := map[string]map[uint16]bool{}
	var chain []*dns.NSEC3
	for _, rr := range transferred(t, p.addr, new(dns.Msg).SetAxfr(tldName)) {
		if n, ok := rr.(*dns.NSEC3); ok {
			chain = append(chain, n)
			continue
		}
		name := rr.Header().Name
		if types[name] == nil {
			types[name] = map[uint16]bool{}
		}
		types[name][rr.Header().Rrtype] = true
	}
	expected := map[string][]uint16{}
	for name, there := range types {
		cut := there[dns.TypeNS] && name != tldName
		if !there[dns.TypeDS] && cut || !there[dns.TypeRRSIG] || len(there) == 1 {
			continue // insecure, glue, or the signature of an NSEC3 record
		}
		var list []uint16
		for rtype := range there {
			list = append(list, rtype)
		}
		slices.Sort(list)
		expected[strings.ToUpper(dns.HashName(name, dns.SHA1, 0, ""))] = list
	}
	for i, n := range chain {
		owner := strings.ToUpper(strings.SplitN(n.Hdr.Name, ".", 2)[0])
		next := strings.ToUpper(strings.SplitN(chain[(i+1)%len(chain)].Hdr.Name, ".", 2)[0])
		if n.NextDomain != next || n.Flags != 1 {
			t.Fatalf("%v leads to %s, not %s", n, n.NextDomain, next)
		}
		if !types[n.Hdr.Name][dns.TypeRRSIG] {
			t.Errorf("%v is not signed", n)
		}
		if !slices.Equal(n.TypeBitMap, expected[owner]) {
			t.Errorf("%v has other types than %v", n, expected[owner])
		}
		delete(types, n.Hdr.Name)
		delete(expected, owner)
	}
	if len(chain) < 50 {
		t.Errorf("a chain of %d", len(chain))
	}
	if n := len(expected); n != 0 {
		t.Errorf("%d names have no NSEC3: %v", n, expected)
	}
}
