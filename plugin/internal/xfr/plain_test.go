package xfr

import (
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

// olds are servers that do not understand EDNS, in their various ways.
var olds = []struct {
	name   string
	change func(m *dns.Msg)
}{
	{"FORMERR", func(m *dns.Msg) { m.Rcode, m.Answer = dns.RcodeFormatError, nil }},
	{"FORMERR and nothing but a header", func(m *dns.Msg) { m.Rcode, m.Answer, m.Question = dns.RcodeFormatError, nil, nil }},
	{"NOTIMP", func(m *dns.Msg) { m.Rcode, m.Answer = dns.RcodeNotImplemented, nil }},
	{"BADVERS", func(m *dns.Msg) {
		m.Rcode, m.Answer = dns.RcodeBadVers, nil
		withEDNS()(m)
	}},
}

func TestAServerWithoutEDNSIsAskedWithoutIt(t *testing.T) {
	for _, c := range olds {
		t.Run(c.name, func(t *testing.T) {
			asked := make(chan bool, 10) // with EDNS
			p := serveUDP(t, loopback, func(_ int, query []byte) [][]byte {
				asked <- isEDNS(t, query)
				if isEDNS(t, query) {
					return [][]byte{soaReply(t, query, c.change)}
				}
				return [][]byte{soaReply(t, query, nil)}
			})
			client := new(Client)
			for range 2 {
				if got, err := client.Probe(t.Context(), apex, p); err != nil || got.SOA.Serial != 5 {
					t.Errorf("%+v, %v", got, err)
				}
			}
			// Once with EDNS, then without, also the next time.
			if len(asked) != 3 || !<-asked || <-asked || <-asked {
				t.Errorf("%d queries more, or others", len(asked))
			}
		})
	}
}

// A server that knows EDNS and has another reason to refuse is believed at once.
func TestARefusalWithEDNSIsARefusal(t *testing.T) {
	var asked atomic.Int32
	p := serveUDP(t, loopback, func(_ int, query []byte) [][]byte {
		asked.Add(1)
		return [][]byte{soaReply(t, query, func(m *dns.Msg) {
			withEDNS()(m)
			m.Rcode, m.Answer = dns.RcodeNotImplemented, nil
		})}
	})
	if _, err := new(Client).Probe(t.Context(), apex, p); !errors.Is(err, ErrRefused) || asked.Load() != 1 {
		t.Errorf("%v after %d queries", err, asked.Load())
	}
}

func TestWhereQueriesWithEDNSAreDropped(t *testing.T) {
	for _, k := range []*Key{nil, testKey(t, "")} {
		synctest.Test(t, func(t *testing.T) {
			client := packets(t, func(_ int, query []byte) [][]byte {
				if isEDNS(t, query) {
					return nil
				}
				return [][]byte{signedReply(t, k, query, nil)}
			})
			for _, want := range []time.Duration{probeWait, 0} { // the second time it is known
				if got, err := client.Probe(t.Context(), apex, Primary{Key: k}); err != nil || got.RTT != want {
					t.Errorf("key %v: %+v, %v; want an RTT of %s", k, got, err, want)
				}
			}
			<-time.After(plainFor)
			if got, _ := client.Probe(t.Context(), apex, Primary{Key: k}); got.RTT != probeWait {
				t.Errorf("it is never asked with EDNS again")
			}
		})
	}
}

// signedReply is a good answer, signed when there is a key.
func signedReply(t testing.TB, k *Key, query []byte, change func(*dns.Msg)) []byte {
	msg := soaReply(t, query, change)
	if k == nil {
		return msg
	}
	s := newSigner(t, k, query)
	s.at = time.Now()
	return s.sign(msg)
}

// One lost datagram does not cost the lease its bound: the query with EDNS is sent again, too.
func TestALostDatagramDoesNotHideTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := packets(t, func(n int, query []byte) [][]byte {
			switch {
			case n == 0:
				return nil
			case isEDNS(t, query):
				return [][]byte{soaReply(t, query, withEDNS(expireOption(3600)))}
			}
			return [][]byte{soaReply(t, query, nil)}
		})
		got, err := client.Probe(t.Context(), apex, Primary{})
		wantLease(t, "SOA check", got.Granted, err, time.Hour, nil)
	})
}

// A server that knows TSIG and not EDNS: its FORMERR is not signed, so that it proves nothing by itself.
func TestAnUnsignedFORMERRLeadsToAQueryWithoutEDNS(t *testing.T) {
	k := testKey(t, "")
	synctest.Test(t, func(t *testing.T) {
		client := packets(t, func(_ int, query []byte) [][]byte {
			if isEDNS(t, query) {
				return [][]byte{soaReply(t, query, olds[0].change)}
			}
			return [][]byte{signedReply(t, k, query, nil)}
		})
		if got, err := client.Probe(t.Context(), apex, Primary{Key: k}); err != nil || got.RTT != probeWait {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestATransferFromAServerWithoutEDNS(t *testing.T) {
	for kind, text := range map[uint16]string{axfr: whole, ixfr: delta} {
		old := func(t testing.TB, conn net.Conn, query []byte) {
			if isEDNS(t, query) {
				fail(dns.RcodeFormatError)(t, conn, query)
				return
			}
			say(text)(t, conn, query)
		}
		p, client := serve(t, map[uint16]act{kind: old}), new(Client)
		for range 2 {
			f, err := client.Fetch(t.Context(), apex, p.primary, version(t, zone3), Options{IXFR: kind == ixfr})
			if err != nil || showZone(f.Version) != shown4 {
				t.Errorf("%v, %v", f.How, err)
			}
		}
		p.mu.Lock()
		if len(p.asked) != 3 { // with EDNS, and without, also the next time
			t.Errorf("asked %v", p.asked)
		}
		p.mu.Unlock()
	}
}

// A server that answered the SOA check has another reason to refuse an IXFR than EDNS.
func TestAfterAnSOACheckWithEDNSARefusalIsARefusal(t *testing.T) {
	p := serve(t, map[uint16]act{dns.TypeSOA: say("SOA 4"), ixfr: fail(dns.RcodeFormatError), axfr: say(whole)})
	client := new(Client)
	if _, err := client.Probe(t.Context(), apex, p.primary); err != nil {
		t.Fatal(err)
	}
	_, err := client.Fetch(t.Context(), apex, p.primary, version(t, zone3), Options{IXFR: true})
	p.mu.Lock()
	defer p.mu.Unlock()
	if asked := strings.Join(p.asked, ", "); err != nil || asked != "SOA, IXFR from 3, AXFR" {
		t.Errorf("asked %s, %v", asked, err)
	}
}
