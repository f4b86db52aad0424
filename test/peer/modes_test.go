package peer_test

import (
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
)

func TestKnotSignsInEveryWay(t *testing.T) {
	for name, signing := range map[string]peer.Signing{
		"nsec":                        {},
		"nsec with one key":           {SingleType: true},
		"nsec3":                       {NSEC3: true},
		"nsec3 opt-out, salted":       {NSEC3: true, OptOut: true, Iterations: 5, SaltLength: 8},
		"nsec3 with manual keys":      {NSEC3: true, Manual: true},
		"nsec with one manual key":    {SingleType: true, Manual: true},
		"nsec signed with Ed25519":    {Algorithm: "ed25519"},
		"nsec with a policy of extra": {Extra: "rrsig-lifetime: 7d\nrrsig-refresh: 2d"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			z := primary(1)
			z.Signing = &signing
			p := peer.Start(t, peer.Knot, peer.Config{Zones: []peer.Zone{z}})
			before := p.Serial(t, zone)
			checkSigned(t, p, signing)
			p.SetZone(t, zone, content(1, 21))
			p.WaitServing(t, zone, before+1)
			if rrs := ask.IXFR(t, p.Addr(), zone, before, nil); !incremental(rrs) {
				t.Errorf("not incremental: %v", rrs)
			}
		})
	}
}

func checkSigned(t *testing.T, p *peer.Server, g peer.Signing) {
	t.Helper()
	keys := 2
	if g.SingleType {
		keys = 1
	}
	m := ask.Ask(t, p.Addr(), zone, dns.TypeDNSKEY, ask.DO())
	if n := count(m.Answer, dns.TypeDNSKEY); n != keys || count(m.Answer, dns.TypeRRSIG) == 0 {
		t.Errorf("%d keys: %v", n, m.Answer)
	}
	m = ask.Ask(t, p.Addr(), "nothing."+zone, dns.TypeA, ask.DO())
	nsec3 := count(m.Ns, dns.TypeNSEC3)
	if (nsec3 > 0) != g.NSEC3 || (count(m.Ns, dns.TypeNSEC) > 0) == g.NSEC3 {
		t.Errorf("denial: %v", m.Ns)
	}
	for _, rr := range m.Ns {
		if n, ok := rr.(*dns.NSEC3); ok && ((n.Flags == 1) != g.OptOut || int(n.SaltLength) != g.SaltLength || int(n.Iterations) != g.Iterations) {
			t.Errorf("NSEC3: %v", n)
		}
	}
}

func count(rrs []dns.RR, rtype uint16) int {
	n := 0
	for _, rr := range rrs {
		if rr.Header().Rrtype == rtype {
			n++
		}
	}
	return n
}

// TestTransfersAreToldFromTheLog also starts peers on IPv6.
func TestTransfersAreToldFromTheLog(t *testing.T) {
	for _, kind := range peer.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p := peer.Start(t, kind, peer.Config{Host: "::1", Zones: []peer.Zone{primary(1)}})
			ask.AXFR(t, p.Addr(), zone, nil)
			p.WaitTransfer(t, 0, zone, "AXFR")
			p.SetZone(t, zone, content(2, 21))
			p.WaitServing(t, zone, 2)
			ask.IXFR(t, p.Addr(), zone, 1, nil)
			p.WaitTransfer(t, 0, zone, "IXFR")
			mark := p.Mark()
			ask.IXFR(t, p.Addr(), zone, 100, nil) // newer than ours: one SOA
			ask.IXFR(t, p.Addr(), zone, 4294967290, nil)
			if kind == peer.NSD {
				return
			}
			p.WaitTransfer(t, mark, zone, "AXFR-style IXFR")
			ask.AXFR(t, p.Addr(), zone, nil)
			p.WaitTransfer(t, mark, zone, "AXFR")
			if list := p.TransfersSince(mark, zone); len(list) != 2 {
				t.Errorf("%d transfers: %v", len(list), list)
			}
		})
	}
}

func TestAccessByPrefixAndKey(t *testing.T) {
	for _, kind := range peer.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			host := "127.0.0.2"
			if kind == peer.Named {
				host = "127.0.0.1"
			}
			good, other := ask.NewKey("good"), ask.NewKey("other")
			other.Algorithm = "hmac-sha512"
			z := primary(1)
			z.AllowTransfer = []peer.Access{{Prefix: "127.0.0.7"}, {Prefix: "127.0.0.8", Key: "good"}}
			closed := peer.Zone{Name: "closed.example.", Text: strings.ReplaceAll(content(1, 1), "example.org.", "closed.example."), AllowTransfer: []peer.Access{}}
			p := peer.Start(t, kind, peer.Config{Host: host, Keys: []peer.Key{good, other}, Zones: []peer.Zone{z, closed}})
			for _, c := range []struct {
				zone, from string
				key        *peer.Key
				ok         bool
			}{
				{zone, "127.0.0.7", nil, true},
				{zone, "127.0.0.8", &good, true},
				{zone, "127.0.0.8", &other, false},
				{zone, "127.0.0.8", nil, false},
				{zone, "127.0.0.1", &good, false},
				{"closed.example.", "127.0.0.1", nil, false},
			} {
				_, err := ask.FetchAXFR(p.Addr(), c.zone, c.key, ask.From(c.from))
				if (err == nil) != c.ok {
					t.Errorf("%s from %s with %v: %v", c.zone, c.from, c.key, err)
				}
			}
		})
	}
}
