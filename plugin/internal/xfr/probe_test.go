package xfr

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

// serveUDP answers each datagram with those that the function makes.
func serveUDP(t testing.TB, addr netip.AddrPort, respond func(n int, query []byte) [][]byte) Primary {
	t.Helper()
	packets, err := new(net.ListenConfig).ListenPacket(context.Background(), "udp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	conn := packets.(*net.UDPConn)
	var all sync.WaitGroup
	all.Go(func() {
		buf := make([]byte, maxMessage)
		for n := 0; ; n++ {
			size, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			for _, msg := range respond(n, bytes.Clone(buf[:size])) {
				_, _ = conn.WriteToUDPAddrPort(msg, from)
			}
		}
	})
	t.Cleanup(func() { _ = conn.Close(); all.Wait() })
	return Primary{Addr: conn.LocalAddr().(*net.UDPAddr).AddrPort()}
}

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

// soaReply is a good answer, changed.
func soaReply(t testing.TB, query []byte, change func(*dns.Msg)) []byte {
	m := replyMsg(t, idOf(query), dns.TypeSOA, "SOA 5")
	if change != nil {
		change(m)
	}
	return pack(t, m)
}

// probeCases are what a primary answers over UDP.
var probeCases = []struct {
	name   string
	change func(*dns.Msg)
	err    error
	text   string
}{
	{"a good answer", nil, nil, ""},
	{"a signed SOA", func(m *dns.Msg) {
		m.Answer = append(m.Answer, &dns.RRSIG{Hdr: dns.RR_Header{Name: "example.org.", Rrtype: 46, Class: 1},
			TypeCovered: 6, SignerName: "example.org.", Signature: "AAAA"})
	}, nil, ""},
	{"authority and additional records are of no concern", func(m *dns.Msg) {
		m.Ns = append(m.Ns, m.Answer[0])
		m.SetEdns0(1232, false)
	}, nil, ""},
	{"D2 drill 6: REFUSED", func(m *dns.Msg) { m.Rcode, m.Answer = dns.RcodeRefused, nil }, ErrRefused, "REFUSED"},
	{"D2 SERVFAIL", func(m *dns.Msg) { m.Rcode, m.Answer = dns.RcodeServerFailure, nil }, ErrRefused, "SERVFAIL"},
	{"D2 NOTAUTH", func(m *dns.Msg) { m.Rcode, m.Answer = dns.RcodeNotAuth, nil }, ErrRefused, "NOTAUTH"},
	{"12 D15 drill 7: not authoritative", func(m *dns.Msg) { m.Authoritative = false }, ErrLame, "AA=0"},
	{"12 no SOA", func(m *dns.Msg) { m.Answer = nil }, ErrLame, "0 SOA records"},
	{"12 two SOAs", func(m *dns.Msg) { m.Answer = append(m.Answer, m.Answer[0]) }, ErrLame, "2 SOA records"},
	{"D15 the SOA of the parent", func(m *dns.Msg) { m.Answer[0].Header().Name = "org." }, ErrLame, "the SOA of org."},
	{"drill 7: a CNAME at the apex", func(m *dns.Msg) {
		m.Answer = []dns.RR{&dns.CNAME{Hdr: dns.RR_Header{Name: "example.org.", Rrtype: 5, Class: 1}, Target: "a."}}
	}, ErrLame, "example.org. CNAME instead of the SOA"},
}

func TestProbe(t *testing.T) {
	for _, c := range probeCases {
		t.Run(c.name, func(t *testing.T) {
			p := serveUDP(t, loopback, func(_ int, query []byte) [][]byte {
				return [][]byte{soaReply(t, query, c.change)}
			})
			got, err := new(Client).Probe(t.Context(), apex, p)
			if !errors.Is(err, c.err) || c.err == nil && (err != nil || got.SOA.Serial != 5 || got.RTT <= 0) {
				t.Errorf("%+v, error %v", got, err)
			}
			if c.err != nil && !strings.Contains(err.Error(), c.text) {
				t.Errorf("error %v, want %q", err, c.text)
			}
		})
	}
}

// TestWhatIsNotAnAnswerIsIgnored: RFC 5452 §9.1; the true answer comes last.
func TestWhatIsNotAnAnswerIsIgnored(t *testing.T) {
	p := serveUDP(t, loopback, func(_ int, query []byte) [][]byte {
		return [][]byte{
			{1, 2, 3},
			soaReply(t, query, func(m *dns.Msg) { m.Id++ }),
			soaReply(t, query, func(m *dns.Msg) { m.Response = false }),
			soaReply(t, query, func(m *dns.Msg) { m.Opcode = dns.OpcodeNotify }),
			soaReply(t, query, func(m *dns.Msg) { m.Question[0].Name = "example.net." }),
			soaReply(t, query, nil)[:40],
			soaReply(t, query, nil),
		}
	})
	if _, err := new(Client).Probe(t.Context(), apex, p); err != nil {
		t.Error(err)
	}
}

func TestAForgedSignatureDoesNotHideTheTrueAnswer(t *testing.T) {
	k := testKey(t, "")
	p := serveUDP(t, loopback, func(_ int, query []byte) [][]byte {
		s := newSigner(t, k, query)
		s.at = time.Now()
		good := s.sign(soaReply(t, query, nil))
		forged := bytes.Clone(good)
		forged[headerLen] ^= 1
		return [][]byte{forged, soaReply(t, query, nil), good}
	})
	p.Key = k
	if _, err := new(Client).Probe(t.Context(), apex, p); err != nil {
		t.Error(err)
	}
}

// TestDrill08TruncatedIsAskedAgainOverTCP has both on one port.
func TestDrill08TruncatedIsAskedAgainOverTCP(t *testing.T) {
	tcp := serve(t, map[uint16]act{dns.TypeSOA: say("SOA 6")})
	p := serveUDP(t, tcp.primary.Addr, func(_ int, query []byte) [][]byte {
		return [][]byte{soaReply(t, query, func(m *dns.Msg) { m.Truncated, m.Answer = true, nil })}
	})
	got, err := new(Client).Probe(t.Context(), apex, p)
	if err != nil || got.SOA.Serial != 6 {
		t.Errorf("%+v, error %v", got, err)
	}
}

// TestAPrimaryThatRefusesOverUDPIsAskedOverTCP: so does Knot, for a catalog zone.
func TestAPrimaryThatRefusesOverUDPIsAskedOverTCP(t *testing.T) {
	for _, c := range []struct {
		rcode int
		tcp   bool
	}{{dns.RcodeRefused, true}, {dns.RcodeNotAuth, false}, {dns.RcodeServerFailure, false}} {
		tcp := serve(t, map[uint16]act{dns.TypeSOA: say("SOA 6")})
		p := serveUDP(t, tcp.primary.Addr, func(_ int, query []byte) [][]byte {
			return [][]byte{soaReply(t, query, func(m *dns.Msg) { m.Rcode, m.Answer = c.rcode, nil })}
		})
		if got, err := new(Client).Probe(t.Context(), apex, p); (err == nil) != c.tcp || c.tcp && got.SOA.Serial != 6 {
			t.Errorf("%s: %+v, error %v", dns.RcodeToString[c.rcode], got, err)
		}
	}
}

func TestNobodyAnswersAProbe(t *testing.T) {
	_, err := new(Client).Probe(t.Context(), apex, Primary{Addr: closedPort(t)})
	if !errors.Is(err, ErrNetwork) {
		t.Error(err)
	}
}

func TestAPrimaryThatIsSilentOverUDPIsAskedOverTCP(t *testing.T) {
	tcp := serve(t, map[uint16]act{dns.TypeSOA: say("SOA 6")}) // nothing listens on the UDP port of this number
	got, err := new(Client).Probe(t.Context(), apex, tcp.primary)
	if err != nil || got.SOA.Serial != 6 {
		t.Errorf("%+v, error %v", got, err)
	}
}

// packets is a Client whose datagrams go through a pipe, for bubbles with a clock of their own.
func packets(t *testing.T, respond func(n int, query []byte) [][]byte) *Client {
	var all sync.WaitGroup
	t.Cleanup(all.Wait)
	return &Client{Dial: func(context.Context, string, netip.AddrPort) (net.Conn, error) {
		near, far := net.Pipe()
		all.Go(func() {
			defer far.Close()
			buf := make([]byte, maxMessage)
			for n := 0; ; n++ {
				size, err := far.Read(buf)
				if err != nil {
					return
				}
				answers := respond(n, bytes.Clone(buf[:size]))
				all.Go(func() { // a datagram does not wait for its reader
					for _, msg := range answers {
						_, _ = far.Write(msg)
					}
				})
			}
		})
		return near, nil
	}}
}

func TestLostDatagrams(t *testing.T) {
	none := func(int, []byte) [][]byte { return nil }
	for _, c := range []struct {
		name    string
		respond func(n int, query []byte) [][]byte
		err     error
		after   time.Duration
	}{
		{"all are lost", none, ErrTimeout, 4500 * time.Millisecond},
		{"the second one arrives", func(n int, query []byte) [][]byte {
			if n < 1 {
				return nil
			}
			return [][]byte{soaReply(t, query, nil)}
		}, nil, 1500 * time.Millisecond},
		{"what cannot be believed ends the waiting after one try", func(_ int, query []byte) [][]byte {
			return [][]byte{soaReply(t, query, nil)[:40]}
		}, ErrMalformed, 1500 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				got, err := packets(t, c.respond).Probe(t.Context(), apex, Primary{})
				if !errors.Is(err, c.err) || time.Since(start) != c.after {
					t.Errorf("%v after %v, want %v after %v", err, time.Since(start), c.err, c.after)
				}
				if c.err == nil && got.RTT != c.after {
					t.Errorf("RTT %v", got.RTT)
				}
			})
		})
	}
}

func TestAProbeEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		client := packets(t, func(int, []byte) [][]byte { return nil })
		if _, err := client.Probe(ctx, apex, Primary{}); !errors.Is(err, ErrStopped) || !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

// TestQueries: 38; what is asked, as another implementation reads it.
func TestQueries(t *testing.T) {
	record := version(t, zone3).SOARecord()
	var m dns.Msg
	if err := m.Unpack(appendQuery(nil, Query{ID: testID, Apex: apex, Type: ixfr, Have: 3}, &record)); err != nil {
		t.Fatal(err)
	}
	if m.Id != testID || m.RecursionDesired || len(m.Question) != 1 || m.Question[0].Qtype != ixfr || len(m.Ns) != 1 {
		t.Errorf("%v", &m)
	}
	if soa, ok := m.Ns[0].(*dns.SOA); !ok || soa.Serial != 3 || soa.Ns != "ns.example.org." {
		t.Errorf("%v", m.Ns)
	}
	plain := appendQuery(nil, Query{ID: testID, Apex: apex, Type: dns.TypeSOA}, nil)
	if binary.BigEndian.Uint16(plain[8:]) != 0 || len(plain) != headerLen+len(apex)+4 {
		t.Errorf("%x", plain)
	}
}
