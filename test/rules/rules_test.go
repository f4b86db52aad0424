package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
)

func TestRule09ATransferThatDoesNotEndAsItBeganIsRefused(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]primary.Fault{
		"the last SOA has another serial": primary.OtherFinalSOA(), "the last SOA has another REFRESH": primary.FinalSOADiffers(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := start(t, calm(1, 50), "ixfr off")
			p.On(primary.AXFR, fault)
			publish(t, p, s, calm(2, 60))
			keepsOut(t, s, 1, "h59", `AXFR of example\.org\. from .*: malformed reply: an SOA with serial \d within the zone of serial 2`)
			p.On(primary.AXFR)
			publish(t, p, s, calm(3, 70))
			ask.WaitSerial(t, s.Addr(), zone, 3)
		})
	}
}

func TestRule09AnIXFRThatDoesNotFitLeadsToAnAXFRFromTheSamePrimary(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]primary.Fault{
		"it starts elsewhere": primary.WrongBase(), "it deletes what is not there": primary.DeletesAbsent(),
		"it leads elsewhere": primary.BrokenChain(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := start(t, calm(1, 50))
			checks := p.Count(primary.SOA)
			p.On(primary.IXFR, fault)
			publish(t, p, s, calm(2, 60))
			ask.WaitSerial(t, s.Addr(), zone, 2)
			s.WaitLog(t, `serial 2 \(was 1\) by axfr from .*; before that: IXFR of example\.org\. from .*: delta does not apply: `)
			if i, a, n := p.Count(primary.IXFR), p.Count(primary.AXFR), p.Count(primary.SOA)-checks; i != 1 || a != 2 || n != 0 {
				t.Errorf("%d IXFRs, %d AXFRs and %d SOA checks; want 1, 2 and 0", i, a, n)
			}
		})
	}
}

// each runs a test with a version that comes as a whole, and with one that comes as a difference.
func each(t *testing.T, test func(t *testing.T, way primary.Kind, ixfr string)) {
	for way, line := range map[primary.Kind]string{primary.AXFR: "ixfr off", primary.IXFR: "ixfr on"} {
		t.Run("by "+string(way), func(t *testing.T) {
			t.Parallel()
			test(t, way, line)
		})
	}
}

func TestRule12AZoneThatLostItsApexNSIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, way primary.Kind, ixfr string) {
		p, s := start(t, calm(1, 50), ixfr)
		publish(t, p, s, strings.Replace(calm(2, 60), "@ NS ns\n", "", 1))
		keepsOut(t, s, 1, "h59", `no NS at (its|the) apex`)
		p.WaitQuery(t, way, 1)
		publish(t, p, s, calm(3, 70))
		ask.WaitSerial(t, s.Addr(), zone, 3)
	})
}

func TestRule19AZONEMDThatDoesNotFitIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, way primary.Kind, ixfr string) {
		p, s := start(t, calm(1, 50), ixfr)
		publish(t, p, s, calm(2, 60)+"@ ZONEMD 2 1 1 "+strings.Repeat("00", 48)+"\n")
		keepsOut(t, s, 1, "h59", `rejected: ZONEMD of serial 2: .*the digest of serial 2 is [0-9a-f]{96}, the ZONEMD says 0{96}`)
		p.WaitQuery(t, way, 1)
		publish(t, p, s, calm(3, 70))
		ask.WaitSerial(t, s.Addr(), zone, 3)
	})
}

// No transfer here but the first exceeds what a transfer may bring.
func TestRule21AZoneDoesNotOutgrowItsLimitByDifferences(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50), "limit records 60")
	publish(t, p, s, calm(2, 55))
	ask.WaitSerial(t, s.Addr(), zone, 2)
	publish(t, p, s, calm(3, 65))
	keepsOut(t, s, 2, "h64", `rejected: serial 3 has 68 records, 60 is the limit`)
	publish(t, p, s, calm(4, 57))
	ask.WaitSerial(t, s.Addr(), zone, 4)
	if n := p.Count(primary.AXFR); n != 1 {
		t.Errorf("%d AXFRs", n)
	}
}

func TestRule23ACatalogThatLosesManyMembersKeepsThem(t *testing.T) {
	t.Parallel()
	catalog := func(serial uint32, members int) string {
		text := calm(serial, 0) + "version TXT \"2\"\n"
		for i := range members {
			text += fmt.Sprintf("id%d.zones PTR m%d.example.\n", i, i)
		}
		return text
	}
	p, s := start(t, catalog(1, 40), "catalog")
	members := func(last int) {
		t.Helper()
		for i := range last {
			// Nobody gives their content; a zone that is not configured would be REFUSED.
			if m := ask.Ask(t, s.Addr(), fmt.Sprintf("m%d.example.", i), dns.TypeSOA); m.Rcode != dns.RcodeServerFailure {
				t.Errorf("m%d is answered %s", i, dns.RcodeToString[m.Rcode])
			}
		}
	}
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_catalog_members", 40, "zone="+zone)
	members(40)
	publish(t, p, s, catalog(2, 27))
	s.WaitLog(t, `HELD: catalog with serial 2 loses 13 members at once`)
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_catalog_held", 13, "zone="+zone)
	members(40)
	publish(t, p, s, catalog(3, 31)) // nine of forty are no disaster
	ask.WaitRcode(t, s.Addr(), "m39.example.", dns.RcodeRefused)
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_catalog_held", 0, "zone="+zone)
	members(31)
}

func TestRule24ACNAMEBesideOtherDataOrASecondSOAIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ more, reason string }{
		"a CNAME beside an A":  {"h1 CNAME h2\n", `rejected: serial 2 has A beside a CNAME at h1\.example\.org\.`},
		"an SOA below":         {"h1 SOA ns hostmaster 2 3600 1 86400 30\n", `SOA of h1\.example\.org\.`},
		"another at the apex":  {"@ SOA ns hostmaster 7 3600 1 86400 30\n", `SOA`},
		"two CNAMEs at a name": {"two CNAME h1\ntwo CNAME h2\n", `rejected: serial 2 has 2 CNAMEs at two\.example\.org\.`},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, _ primary.Kind, ixfr string) {
				p, s := start(t, calm(1, 50), ixfr)
				publish(t, p, s, calm(2, 60)+c.more)
				keepsOut(t, s, 1, "h59", c.reason)
				publish(t, p, s, calm(3, 70))
				ask.WaitSerial(t, s.Addr(), zone, 3)
			})
		})
	}
}
