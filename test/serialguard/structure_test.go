package serialguard_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/understudy"
)

// What secondaryplus sees to by itself holds beside the guard, whose terms release nothing of it. knotd serves these three;
// the others (test/rules) no name server does.

// startWith is startReal, with a line more for secondaryplus.
func startWith(t *testing.T, p *peer.Server, line string, guard ...string) *understudy.Server {
	t.Helper()
	s := understudy.Start(t, understudy.Config{
		Corefile: strings.Replace(corefile(p, guard...), "retry 1s 1s", "retry 1s 1s\n"+line, 1),
	})
	ask.WaitSerial(t, s.Addr(), zone, 1)
	return s
}

// wantRefused waits until a version was refused for a reason, and looks whether the one before is answered.
func wantRefused(t *testing.T, s *understudy.Server, served uint32, reason string) {
	t.Helper()
	s.WaitLog(t, `refresh failed.*`+reason)
	s.WaitMetricThat(t, "metrics", "coredns_secondaryplus_refreshes_total", "≥ 1", func(v float64) bool { return v >= 1 }, "zone="+zone, "result=failed")
	if got, err := ask.Serial(s.Addr(), zone); got != served {
		t.Errorf("serial %d is served, not %d: %v", got, served, err)
	}
}

const everything = "window 2020-01-01T00:00:00Z 100000h"

func TestRule19AWrongDigest(t *testing.T) {
	t.Parallel()
	p := real(t, peer.Knot, calm(1, 20))
	s := startWith(t, p, "", "mode enforce", everything)
	load(t, p, s, 2, calm(2, 20)+"@ ZONEMD 2 1 1 "+strings.Repeat("00", 48)+"\n")
	wantRefused(t, s, 1, `rejected: ZONEMD of serial 2`)
	load(t, p, s, 3, calm(3, 20)+"@ ZONEMD 3 1 240 "+strings.Repeat("00", 48)+"\n") // of a kind that nobody knows
	ask.WaitSerial(t, s.Addr(), zone, 3)
}

func TestRule21AZoneOverItsLimit(t *testing.T) {
	t.Parallel()
	p := real(t, peer.Knot, calm(1, 50))
	s := startWith(t, p, "limit records 60", "mode enforce", everything)
	load(t, p, s, 2, calm(2, 65))
	wantRefused(t, s, 1, `60 is the limit`)
	load(t, p, s, 3, calm(3, 57))
	ask.WaitSerial(t, s.Addr(), zone, 3)
}

func TestRule23ACatalogThatLosesManyMembers(t *testing.T) {
	t.Parallel()
	catalog := func(serial uint32, members int) string {
		text := calm(serial, 0) + "version TXT \"2\"\n"
		for i := range members {
			text += fmt.Sprintf("id%d.zones PTR m%d.example.\n", i, i)
		}
		return text
	}
	p := real(t, peer.Knot, catalog(1, 40))
	s := startWith(t, p, "catalog", "mode observe")
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_catalog_members", 40, "zone="+zone)
	load(t, p, s, 2, catalog(2, 27))
	s.WaitLog(t, `HELD: catalog with serial 2 loses 13 members at once`)
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_catalog_held", 13, "zone="+zone)
	load(t, p, s, 3, catalog(3, 31))
	ask.WaitRcode(t, s.Addr(), "m39.example.", dns.RcodeRefused)
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_catalog_held", 0, "zone="+zone)
}
