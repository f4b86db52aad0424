package zonemd_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
)

// zeros is a digest of the right length that fits no zone.
var zeros = strings.Repeat("00", 48)

// bad are versions of serial 2 that are not the ones that their digests were made for.
func bad(t *testing.T) map[string]struct{ text, property, reason string } {
	t.Helper()
	one, two := digested(t, calm(1, 60)), digested(t, calm(2, 60))
	ofOne := regexp.MustCompile(`.*ZONEMD.*`).FindString(one)
	return map[string]struct{ text, property, reason string }{
		"a record altered":        {strings.Replace(two, "192.0.2.7\n", "192.0.2.77\n", 1), "zonemd verify", "the digest of serial 2 is [0-9a-f]{96}, the ZONEMD says [0-9a-f]{96}"},
		"a record more":           {two + "more A 192.0.2.1\n", "zonemd verify", "the digest of serial 2 is"},
		"the digest of serial 1":  {calm(2, 60) + ofOne + "\n", "zonemd verify", "it was made for serial 1, the zone has 2"},
		"two of one kind":         {two + "@ ZONEMD 2 1 1 " + zeros + "\n", "zonemd verify", "two records of scheme 1 and hash 1, of which neither counts"},
		"none, and one is needed": {calm(2, 60), "zonemd require", "zone has no ZONEMD"},
		"an unknown scheme only":  {calm(2, 60) + "@ ZONEMD 2 240 1 " + zeros + "\n", "zonemd require", "no ZONEMD of a known scheme and hash"},
		"an unknown hash only":    {calm(2, 60) + "@ ZONEMD 2 1 240 " + zeros + "\n", "zonemd require", "no ZONEMD of a known scheme and hash"},
	}
}

// Rule 19 of what holds for every zone: a digest that is there and wrong refuses the zone.
func Test78WhatDoesNotFitIsKeptOut(t *testing.T) {
	t.Parallel()
	good, next := digested(t, calm(1, 50)), digested(t, calm(3, 70))
	for name, c := range bad(t) {
		for _, way := range []primary.Kind{primary.AXFR, primary.IXFR} {
			t.Run(fmt.Sprintf("%s, by %s", name, way), func(t *testing.T) {
				t.Parallel()
				ixfr := map[primary.Kind]string{primary.AXFR: "ixfr off", primary.IXFR: "ixfr on"}[way]
				p, s := start(t, good, c.property, ixfr)
				publish(t, p, s, c.text)
				s.WaitLog(t, `refresh failed.*rejected: ZONEMD of serial 2: .*`+c.reason)
				s.WaitMetricThat(t, "metrics", "coredns_secondaryplus_refreshes_total", "≥ 1", func(v float64) bool { return v >= 1 }, "zone="+zone, "result=failed")
				p.WaitQuery(t, way, 1)
				if serial, err := ask.Serial(s.Addr(), zone); serial != 1 {
					t.Errorf("serial %d is served, %v", serial, err)
				}
				if m := ask.Ask(t, s.Addr(), "h59."+zone, dns.TypeA); m.Rcode != dns.RcodeNameError {
					t.Errorf("what was refused is served: %v", m)
				}
				publish(t, p, s, next)
				ask.WaitSerial(t, s.Addr(), zone, 3)
			})
		}
	}
}

func Test79UnknownKindsDecideNothing(t *testing.T) {
	t.Parallel()
	good := digested(t, calm(1, 50))
	for name, c := range map[string]struct{ more, property string }{
		"an unknown scheme":            {"@ ZONEMD 2 240 1 " + zeros + "\n", "zonemd verify"},
		"an unknown hash":              {"@ ZONEMD 2 1 240 " + zeros + "\n", "zonemd verify"},
		"two of an unknown kind":       {"@ ZONEMD 2 1 240 " + zeros + "\n@ ZONEMD 2 1 240 11" + zeros[2:] + "\n", "zonemd verify"},
		"none at all":                  {"", "zonemd verify"},
		"none at all, by default":      {"", ""},
		"a wrong one, and not checked": {"@ ZONEMD 2 1 1 " + zeros + "\n", "zonemd off"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := start(t, good, c.property)
			publish(t, p, s, calm(2, 60)+c.more)
			ask.WaitSerial(t, s.Addr(), zone, 2)
			s.WaitMetric(t, "metrics", "coredns_secondaryplus_refreshes_total", 0, "zone="+zone, "result=failed")
		})
	}
}

// The primary's IXFR forgets an address; its AXFR does not.
func Test80AnIXFRToAWrongDigestLeadsToAnAXFR(t *testing.T) {
	t.Parallel()
	p, s := start(t, digested(t, calm(1, 50)))
	soas := p.Count(primary.SOA)
	p.On(primary.IXFR, primary.Custom("forgets", func(r *primary.Reply) {
		last := len(r.Records) - 1
		for r.Records[last].Header().Rrtype != dns.TypeA {
			last--
		}
		r.Records = slices.Delete(slices.Clone(r.Records), last, last+1)
	}))
	publish(t, p, s, digested(t, calm(2, 60)))
	ask.WaitSerial(t, s.Addr(), zone, 2)
	s.WaitLog(t, `serial 2 \(was 1\) by axfr from .*; before that: .*ZONEMD of serial 2: .*the digest of serial 2 is`)
	for i := 50; i < 60; i++ {
		if m := ask.Ask(t, s.Addr(), fmt.Sprintf("h%d.%s", i, zone), dns.TypeA); len(m.Answer) != 1 {
			t.Errorf("h%d is answered %v", i, m)
		}
	}
	if i, a, n := p.Count(primary.IXFR), p.Count(primary.AXFR), p.Count(primary.SOA)-soas; i != 1 || a != 2 || n != 0 {
		t.Errorf("%d IXFRs, %d AXFRs and %d SOA checks; want 1, 2 and 0", i, a, n)
	}
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_refreshes_total", 0, "zone="+zone, "result=failed")
}
