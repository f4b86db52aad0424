package downstream_test

import (
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
)

// newKey makes a key for any algorithm.
func newKey(algorithm string) *ask.Key {
	key := ask.NewKey("Transfer.Key.")
	key.Algorithm = algorithm
	return &key
}

func TestSecondariesFollowByIXFR(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"", "hmac-sha256", "hmac-sha512"} {
		t.Run("TSIG "+algorithm, func(t *testing.T) {
			var key *ask.Key
			var keys []ask.Key
			rule := "transfer to 127.0.0.0/8"
			if algorithm != "" {
				key = newKey(algorithm)
				keys, rule = []ask.Key{*key}, "transfer to 127.0.0.0/8 key "+key.FQDN()
			}
			eachBelow(t, key, func(t *testing.T, startBelow func(*testing.T, *stand) below) {
				s := start(t, hosts(1), keys, rule)
				b := startBelow(t, s)
				s.tell(t, b, 1)
				wantSame(t, s, b.Addr(), key)
				axfr := 0
				for serial := uint32(2); serial <= 4; serial++ {
					s.publish(t, serial, serial, hosts)
					s.tell(t, b, serial)
					if serial == 2 {
						axfr = s.sent(t, "axfr")
					}
				}
				s.waitSent(t, "ixfr", 3)
				if n := s.sent(t, "axfr"); n != axfr {
					t.Errorf("%d AXFRs more:\n%s", n-axfr, b.Log())
				}
				wantSame(t, s, b.Addr(), key)
				if !strings.Contains(strings.Join(ask.AXFR(t, b.Addr(), zone, nil), "\n"), `TYPE65280 \# 4 c0ffee04`) {
					t.Error("38: the record of an unknown type is not what it was")
				}
			})
		})
	}
}

// A record of a type that nobody knows is answered, and given on by AXFR and by IXFR (RFC 3597).
func TestDrill38AnUnknownTypeIsServedAndGivenOn(t *testing.T) {
	t.Parallel()
	s := start(t, hosts(1), nil, "transfer to *")
	s.publish(t, 2, 2, hosts)
	m := ask.Ask(t, s.ours.Addr(), "unknown."+zone, 65280)
	if len(m.Answer) != 1 || !strings.HasSuffix(m.Answer[0].String(), "TYPE65280\t\\# 4 c0ffee02") {
		t.Errorf("the answer is %v", m.Answer)
	}
	changes := strings.Join(ask.Lines(ask.IXFR(t, s.ours.Addr(), zone, 1, nil)), "\n")
	for _, data := range []string{"c0ffee01", "c0ffee02"} {
		if !strings.Contains(changes, `TYPE65280 \# 4 `+data) {
			t.Errorf("the IXFR is without %s:\n%s", data, changes)
		}
	}
}

// Four versions at once, in which most records come and go again.
func TestAChainComesCondensed(t *testing.T) {
	t.Parallel()
	eachBelow(t, nil, func(t *testing.T, startBelow func(*testing.T, *stand) below) {
		s := start(t, hosts(1), nil, "transfer to *")
		b := startBelow(t, s)
		s.tell(t, b, 1)
		s.publish(t, 2, 6, hosts)
		mark := s.ours.Mark()
		s.tell(t, b, 6)
		s.ours.WaitLogFrom(t, mark, `serial 6 to 127\.0\.0\.1 by ixfr: 1 messages, 10 records, \d{3} octets`)
		wantSame(t, s, b.Addr(), nil)
	})
}

func TestDeltasBeyondTheRatioComeAsAWholeZone(t *testing.T) {
	t.Parallel()
	eachBelow(t, nil, func(t *testing.T, startBelow func(*testing.T, *stand) below) {
		s := start(t, hosts(1), nil, "transfer to *", "journal 1MiB ratio 2")
		b := startBelow(t, s)
		s.tell(t, b, 1)
		before := s.sent(t, "axfr")
		s.publish(t, 2, 2, hosts)
		s.tell(t, b, 2)
		s.waitSent(t, "axfr", before+1)
		if n := s.sent(t, "ixfr"); n != 0 {
			t.Errorf("%d IXFRs, want none", n)
		}
		wantSame(t, s, b.Addr(), nil)
	})
}

func TestWithTheJournalOffEveryIXFRIsAWholeZone(t *testing.T) {
	t.Parallel()
	s := start(t, hosts(1), nil, "transfer to *", "journal off")
	s.publish(t, 2, 2, hosts)
	if rrs := ask.IXFR(t, s.ours.Addr(), zone, 1, nil); len(rrs) < 300 {
		t.Errorf("an IXFR of %d records", len(rrs))
	}
}
