package defects_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// waitLoaded waits until all zones are served. It does not look at the metrics:
// those of ten thousand zones are tens of megabytes.
func waitLoaded(t *testing.T, s *understudy.Server, zones []string, serial uint32) {
	t.Helper()
	for _, z := range zones {
		err := ask.Poll(long, func() error {
			got, err := ask.Serial(s.Addr(), z)
			if err == nil && got != serial {
				err = fmt.Errorf("serial %d", got)
			}
			return err
		})
		if err != nil {
			t.Fatalf("%s: %v", z, err)
		}
	}
}

// TestD19D21TenThousandZonesInOneBlock shows that all of them answer, that no
// goroutine belongs to a zone, and that they do not all transfer at once.
func TestD19D21TenThousandZonesInOneBlock(t *testing.T) {
	t.Parallel()
	const many, few = 10000, 10
	from := primary.StartCrowd(t, "127.0.0.1", false)
	zones := crowdZones(many)
	small := understudy.Start(t, understudy.Config{Corefile: crowdCorefile(zones[:few], from.Addr)})
	waitLoaded(t, small, zones[:few], 1)
	big := understudy.Start(t, understudy.Config{Corefile: crowdCorefile(zones, from.Addr)})
	waitLoaded(t, big, zones, 1)
	if n := from.Transfers.Load(); n != many+few {
		t.Errorf("%d transfers for %d zones", n, many+few)
	}
	if n := from.Most.Load(); n > 10 {
		t.Errorf("%d transfers ran at the same time", n)
	}
	eachOf(zones, func(z string) {
		m, err := ask.Query(big.Addr(), "name."+z, dns.TypeTXT, ask.Timeout(ask.Patience))
		if err != nil || len(m.Answer) != 1 || m.Answer[0].(*dns.TXT).Txt[0] != z {
			t.Errorf("%s is answered %v, %v", z, m, err)
		}
	})
	if m := ask.Ask(t, big.Addr(), "z10000.example.", dns.TypeSOA); m.Rcode != dns.RcodeRefused {
		t.Errorf("a zone that is not there is answered %s", dns.RcodeToString[m.Rcode])
	}
	ask.Until(t, "there are no goroutines for single zones", func() error {
		if a, b := small.Goroutines(t, "pprof"), big.Goroutines(t, "pprof"); b > a+20 {
			return fmt.Errorf("%d goroutines with %d zones, %d with %d", a, few, b, many)
		}
		return nil
	})
}

// TestD12TenThousandFailedTriesLeakNothing has zones that are loaded, and then
// cannot be: every few milliseconds one of them tries.
func TestD12TenThousandFailedTriesLeakNothing(t *testing.T) {
	t.Parallel()
	const n, tries = 200, 10000
	from := primary.StartCrowd(t, "127.0.0.1", false)
	zones := crowdZones(n)
	s := understudy.Start(t, understudy.Config{Corefile: crowdCorefile(zones, from.Addr, "retry 50ms 50ms", "refresh 1s 1s")})
	waitLoaded(t, s, zones, 1)
	from.Serial.Store(2)
	from.Spoil.Store(true)
	before := s.Usage(t)
	count := s.Goroutines(t, "pprof")
	err := ask.Poll(long, func() error {
		if done := from.Spoilt.Load(); done < tries {
			return fmt.Errorf("%d tries", done)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	waitLoaded(t, s, zones, 1)
	from.Spoil.Store(false)
	waitLoaded(t, s, zones, 2)
	// What a try needs is given back a moment after it.
	ask.Until(t, "goroutines and descriptors are what they were", func() error {
		now, descriptors := s.Goroutines(t, "pprof"), s.Usage(t).Descriptors
		if now > count+20 || descriptors > before.Descriptors+20 {
			return fmt.Errorf("goroutines %d -> %d, descriptors %d -> %d", count, now, before.Descriptors, descriptors)
		}
		return nil
	})
	if n := strings.Count(s.Log(), "\n"); n > tries/2 {
		t.Errorf("%d lines were logged for %d failures", n, tries)
	}
}
