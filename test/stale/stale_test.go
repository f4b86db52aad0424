package stale_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// Drill 6.
func TestAnExpiredZoneIsAnsweredAsStale(t *testing.T) {
	t.Parallel()
	p, s := start(t, hurried(1), "stale forever")
	p.On(primary.SOA, primary.Refused())
	m := waitKind(t, s, "NOERROR 3")
	wantTTLs(t, m, 30)
	if len(m.Answer) != 1 || m.Answer[0].Header().Ttl != 30 || !m.Authoritative {
		t.Errorf("%v", m)
	}
	wantStale(t, s)
	wantNoTransfer(t, s)
	s.WaitLog(t, `EXPIRED: .* its data are answered as stale until a primary is back`)
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_zone_state", 1, "zone="+zone, "state=stale")
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_zone_state", 0, "zone="+zone, "state=expired")
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_zone_stale_until_timestamp_seconds", math.Inf(1), "zone="+zone)
	s.WaitMetricThat(t, "metrics", "coredns_secondaryplus_stale_answers_total", "counts", func(n float64) bool { return n >= 8 }, "zone="+zone)

	p.On(primary.SOA)
	waitServing(t, s)
	if m := waitKind(t, s, "fresh"); m.Answer[0].Header().Ttl != 300 {
		t.Errorf("served again: %v", m)
	}
	s.WaitLog(t, `answers again, with serial 1;.* stale answers until then: \d+`)
	if n := strings.Count(s.Log(), "its data are answered as stale"); n != 1 {
		t.Errorf("the log tells %d times that answers are stale", n)
	}
}

// wantStale looks at answers of every kind.
func wantStale(t *testing.T, s *understudy.Server) {
	t.Helper()
	for _, c := range []struct {
		name  string
		qtype uint16
		kind  string
		ttl   uint32 // of the first record
	}{
		{"nothing." + zone, dns.TypeA, "NXDOMAIN 19", 30},
		{"www." + zone, dns.TypeMX, "NOERROR 3", 30},
		{"ftp." + zone, dns.TypeA, "NOERROR 3", 30},
		{"away." + zone, dns.TypeA, "NOERROR 3", 30},
		{"quick." + zone, dns.TypeA, "NOERROR 3", 2},
		{zone, dns.TypeSOA, "NOERROR 3", 30},
	} {
		m := ask.Ask(t, s.Addr(), c.name, c.qtype, ask.DO())
		all := append(m.Answer, m.Ns...)
		if kind(m) != c.kind || len(all) == 0 || all[0].Header().Ttl != c.ttl {
			t.Errorf("%s %s: %v", c.name, dns.TypeToString[c.qtype], m)
		}
		wantTTLs(t, m, 30)
	}
	if m := ask.Ask(t, s.Addr(), "www."+zone, dns.TypeA); m.IsEdns0() != nil || len(m.Answer) != 1 || m.Answer[0].Header().Ttl != 30 {
		t.Errorf("without EDNS: %v", m)
	}
}

func TestStaleHasAnEnd(t *testing.T) {
	t.Parallel()
	p, s := start(t, hurried(1), "stale 2s ttl 7s")
	p.OnAll(primary.Silent())
	if m := waitKind(t, s, "NOERROR 3"); m.Answer[0].Header().Ttl != 7 {
		t.Errorf("%v", m)
	}
	if ede, _ := extended(ask.Ask(t, s.Addr(), "www."+zone, dns.TypeA, ask.DO())); ede.ExtraText != "zone has expired" {
		t.Errorf("%+v", ede)
	}
	waitKind(t, s, "SERVFAIL 24")
	s.WaitLog(t, `stale answers are over; queries are answered SERVFAIL`)
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_zone_state", 1, "zone="+zone, "state=expired")
	wantNoTransfer(t, s)
	p.OnAll()
	waitKind(t, s, "fresh")
	s.WaitLog(t, `answers again, with serial 1; queries answered SERVFAIL until then: \d+; stale answers until then: \d+`)
}

// A new version replaces stale data without a moment in between.
func TestTheNextVersionEndsTheStaleTime(t *testing.T) {
	t.Parallel()
	p, s := start(t, hurried(1), "stale forever")
	p.OnAll(primary.Silent())
	waitKind(t, s, "NOERROR 3")
	p.Publish(t, hurried(2))
	p.OnAll()
	ask.Until(t, "serial 2 is served", func() error {
		m, err := ask.Query(s.Addr(), zone, dns.TypeSOA, ask.DO())
		if err != nil {
			return err
		}
		if k := kind(m); k != "NOERROR 3" && k != "fresh" {
			t.Fatalf("in between: %s", k)
		}
		if !m.Authoritative {
			return errors.New("stale")
		}
		if soa := m.Answer[0].(*dns.SOA); soa.Serial != 2 {
			t.Fatalf("serial %d is served as fresh", soa.Serial)
		}
		return nil
	})
	if lines := ask.AXFR(t, s.Addr(), zone, nil); len(lines) != 7 {
		t.Errorf("%q", lines)
	}
}

// The room that the extended error takes is not taken from what the client can do without truncation.
func TestAStaleAnswerFitsIntoItsMessage(t *testing.T) {
	t.Parallel()
	text := hurried(1)
	for _, c := range "abcdefghijklmnopqrstuvwxyz" {
		text += "big A 192.0.2." + string('0'+(c-'a')%10) + "\nbig A 192.0.3." + string('0'+(c-'a')%10) + "\n"
		text += "@ NS nameserver-" + string(c) + "\n"
	}
	p, s := start(t, text, "stale forever")
	p.OnAll(primary.Silent())
	waitKind(t, s, "NOERROR 3")
	for size := uint16(512); size < 1200; size += 7 {
		m := ask.Ask(t, s.Addr(), "big."+zone, dns.TypeA, ask.Size(size))
		m.Compress = true // as it came
		if _, ok := extended(m); !ok || m.Truncated || len(m.Answer) != 20 || m.Len() > int(size) {
			t.Fatalf("into %d octets: %d octets, truncated %v, %d records", size, m.Len(), m.Truncated, len(m.Answer))
		}
	}
}

// Drill 21, by reload: the zone and its clocks go over to the new instance, and what it configures counts.
func TestAReloadChangesHowAnExpiredZoneIsAnswered(t *testing.T) {
	t.Parallel()
	p, s := start(t, hurried(1))
	p.OnAll(primary.Silent())
	waitKind(t, s, "SERVFAIL 24")
	s.Reload(t, corefile(p.Addr(), "stale forever"))
	waitKind(t, s, "NOERROR 3")
	s.WaitLog(t, `its data are answered as stale until a primary is back`)
	s.Reload(t, corefile(p.Addr(), "stale forever", "fallback "+file(t, hurried(9))))
	waitKind(t, s, "NOERROR 3")
	s.Reload(t, corefile(p.Addr(), "stale off"))
	waitKind(t, s, "SERVFAIL 24")
	s.WaitLog(t, `stale answers are over; queries are answered SERVFAIL`)
}

func TestASignedZoneIsNotStaleBeyondItsSignatures(t *testing.T) {
	t.Parallel()
	expiry := time.Now().Add(14 * time.Second).Truncate(time.Second)
	p, s := start(t, signed(t, hurried(1), expiry), "stale forever")
	p.OnAll(primary.Silent())
	m := waitKind(t, s, "NOERROR 3")
	wantTTLs(t, m, 30)
	if len(m.Answer) != 2 {
		t.Errorf("no signature: %v", m)
	}
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_zone_stale_until_timestamp_seconds", float64(expiry.Unix()), "zone="+zone)
	s.WaitLog(t, `its data are answered as stale until `+expiry.UTC().Format(time.RFC3339)+`, when the first of its signatures expires`)
	ask.Until(t, "the stale time is over", func() error {
		asked := time.Now()
		m, err := ask.Query(s.Addr(), "www."+zone, dns.TypeA, ask.DO())
		if err != nil || kind(m) == "SERVFAIL 24" {
			return err
		}
		if asked.After(expiry) {
			t.Fatalf("an answer after %s: %v", expiry, m)
		}
		return errors.New(kind(m))
	})
	if time.Now().Before(expiry) {
		t.Error("the stale time ended too early")
	}
	s.WaitLog(t, `stale answers are over; queries are answered SERVFAIL`)
}
