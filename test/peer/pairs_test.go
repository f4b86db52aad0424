package peer_test

import (
	"slices"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/peer/port"
)

// pair is a primary and its secondary, which know each other.
type pair struct{ primary, secondary *peer.Server }

// startPair starts both; the secondary's address must be known before it runs,
// so that the primary can notify it.
func startPair(t *testing.T, from, to peer.Kind, key *peer.Key, change func(p, s *peer.Zone)) pair {
	t.Helper()
	host := "127.0.0.1"
	secondaryPort := port.Free(t, host)
	p, s := primary(1), peer.Zone{Name: zone}
	p.Notify = []peer.Endpoint{{Addr: address(host, secondaryPort)}}
	var keys []peer.Key
	if key != nil {
		keys = []peer.Key{*key}
		p.Notify[0].Key = key.Name
		p.AllowTransfer = []peer.Access{{Key: key.Name}}
		s.AllowNotify = []peer.Access{{Key: key.Name}}
	}
	if change != nil {
		change(&p, &s)
	}
	prim := peer.Start(t, from, peer.Config{Host: host, Keys: keys, Zones: []peer.Zone{p}})
	s.Primaries = []peer.Endpoint{{Addr: prim.Addr()}}
	if key != nil {
		s.Primaries[0].Key = key.Name
	}
	sec := peer.Start(t, to, peer.Config{Host: host, Port: secondaryPort, Keys: keys, Zones: []peer.Zone{s}})
	sec.WaitServing(t, zone, 1)
	return pair{prim, sec}
}

func TestEveryPairTransfersIncrementallyWithTSIG(t *testing.T) {
	for _, from := range peer.Kinds() {
		for _, to := range peer.Kinds() {
			t.Run(string(from)+" to "+string(to), func(t *testing.T) {
				t.Parallel()
				key := ask.NewKey("pair.key")
				pair := startPair(t, from, to, &key, nil)
				mark := pair.primary.Mark()
				pair.primary.SetZone(t, zone, content(2, 21))
				pair.secondary.WaitServing(t, zone, 2)
				wantStyle(t, pair.primary, mark, "IXFR")
				a := ask.AXFR(t, pair.primary.Addr(), zone, &key)
				b := ask.AXFR(t, pair.secondary.Addr(), zone, nil)
				if !slices.Equal(a, b) || len(a) != 24 {
					t.Errorf("primary:\n%q\nsecondary:\n%q", a, b)
				}
				_, err := ask.FetchAXFR(pair.primary.Addr(), zone, nil)
				if err == nil {
					t.Error("the primary gave an unsigned transfer")
				}
			})
		}
	}
}

// wantStyle waits for the last transfer's style in the log.
func wantStyle(t *testing.T, s *peer.Server, mark int, want string) {
	t.Helper()
	s.WaitTransfer(t, mark, zone, want)
}

func TestPurgedJournalMeansAWholeZone(t *testing.T) {
	for _, kind := range peer.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p := peer.Start(t, kind, peer.Config{Zones: []peer.Zone{primary(1)}})
			p.SetZone(t, zone, content(2, 21))
			p.WaitServing(t, zone, 2)
			if rrs := ask.IXFR(t, p.Addr(), zone, 1, nil); !incremental(rrs) {
				t.Errorf("before: not incremental: %v", rrs)
			}
			p.PurgeJournal(t, zone)
			p.WaitServing(t, zone, 2)
			if rrs := ask.IXFR(t, p.Addr(), zone, 1, nil); incremental(rrs) {
				t.Errorf("after: incremental: %v", rrs)
			}
			p.SetZone(t, zone, content(3, 22))
			p.WaitServing(t, zone, 3)
			if rrs := ask.IXFR(t, p.Addr(), zone, 2, nil); !incremental(rrs) {
				t.Errorf("at last: not incremental: %v", rrs)
			}
		})
	}
}

func TestNoIXFR(t *testing.T) {
	for _, kind := range peer.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			z := primary(1)
			z.NoIXFR = true
			p := peer.Start(t, kind, peer.Config{Zones: []peer.Zone{z}})
			p.SetZone(t, zone, content(2, 21))
			p.WaitServing(t, zone, 2)
			if rrs := ask.IXFR(t, p.Addr(), zone, 1, nil); incremental(rrs) {
				t.Errorf("incremental: %v", rrs)
			}
		})
	}
}

// incremental says whether the second record is an SOA too (RFC 1995 §4).
func incremental(rrs []dns.RR) bool {
	return len(rrs) > 1 && rrs[1].Header().Rrtype == dns.TypeSOA
}

func TestUpdateCountsTheSerialUp(t *testing.T) {
	for _, kind := range []peer.Kind{peer.Knot, peer.Named} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			z := primary(1)
			z.Dynamic = kind == peer.Named
			p := peer.Start(t, kind, peer.Config{Zones: []peer.Zone{z}})
			p.Update(t, zone, "add www 300 A 192.0.2.99", "add www 300 TXT \"two words\"", "del h1 A 192.0.2.2", "del h2")
			p.WaitServing(t, zone, 2)
			if rrs := ask.IXFR(t, p.Addr(), zone, 1, nil); !incremental(rrs) || len(rrs) != 8 {
				t.Errorf("IXFR: %v", rrs)
			}
			p.Kill()
			p.Restart(t)
			p.WaitServing(t, zone, 2)
			p.PurgeJournal(t, zone)
			p.WaitServing(t, zone, 2)
			if rrs := ask.IXFR(t, p.Addr(), zone, 1, nil); incremental(rrs) {
				t.Errorf("after the purge: %v", rrs)
			}
		})
	}
}
