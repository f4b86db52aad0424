package xfr

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

// withEDNS adds an OPT record with options to a reply.
func withEDNS(options ...dns.EDNS0) func(*dns.Msg) {
	return func(m *dns.Msg) {
		m.SetEdns0(1232, false)
		m.IsEdns0().Option = options
	}
}

func expireOption(seconds uint32) *dns.EDNS0_EXPIRE {
	return &dns.EDNS0_EXPIRE{Code: dns.EDNS0EXPIRE, Expire: seconds}
}

// isEDNS says whether a query has an OPT record.
func isEDNS(t testing.TB, query []byte) bool {
	o, err := findOPT(query)
	if err != nil {
		t.Error(err)
	}
	return o.found
}

// The query as another implementation reads it, signed after its OPT record.
func TestAQueryAsksForTheLease(t *testing.T) {
	query, _ := testKey(t, "").Sign(appendQuery(nil, Query{ID: testID, Apex: apex, Type: dns.TypeSOA, EDNS: true}, nil), testNow)
	var m dns.Msg
	if err := m.Unpack(query); err != nil {
		t.Fatal(err)
	}
	o := m.IsEdns0()
	if o == nil || len(m.Extra) != 2 || m.Extra[0] != dns.RR(o) || m.IsTsig() == nil {
		t.Fatalf("%v", &m)
	}
	if o.UDPSize() != 1232 || o.Version() != 0 || o.Do() || len(o.Option) != 1 {
		t.Fatalf("%v", o)
	}
	if e, ok := o.Option[0].(*dns.EDNS0_EXPIRE); !ok || !e.Empty {
		t.Errorf("%v", o.Option[0])
	}
}

// leases are what a primary may say of its lease; the EXPIRE of its SOA is 86400.
var leases = []struct {
	name   string
	change func(*dns.Msg)
	want   time.Duration // 0: not bound
	err    error
}{
	{"no EDNS", func(*dns.Msg) {}, 0, nil},
	{"no option", withEDNS(), 0, nil},
	{"the EXPIRE of the SOA, as from the authority itself", withEDNS(expireOption(86400)), 0, nil},
	{"a secondary", withEDNS(expireOption(3600)), time.Hour, nil},
	{"a secondary that raises EXPIRE", withEDNS(expireOption(172800)), 48 * time.Hour, nil},
	{"the option sent back empty", withEDNS(&dns.EDNS0_EXPIRE{Code: dns.EDNS0EXPIRE, Empty: true}), 0, nil},
	{"an option of another length", withEDNS(&dns.EDNS0_LOCAL{Code: dns.EDNS0EXPIRE, Data: []byte{0, 1}}), 0, nil},
	{"the shorter of two", withEDNS(expireOption(7200), expireOption(3600), expireOption(7201)), time.Hour, nil},
	{"among other options", withEDNS(&dns.EDNS0_NSID{Code: dns.EDNS0NSID, Nsid: "6e73"}, expireOption(3600)), time.Hour, nil},
	{"behind other additional records", func(m *dns.Msg) {
		m.Extra = append(m.Extra, m.Answer[0])
		withEDNS(expireOption(3600))(m)
	}, time.Hour, nil},
	{"an expired secondary", withEDNS(expireOption(0)), 0, ErrExpired},
}

func TestTheLeaseOfThePrimary(t *testing.T) {
	for _, c := range leases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := packets(t, func(_ int, query []byte) [][]byte { return [][]byte{soaReply(t, query, c.change)} })
				got, err := client.Probe(t.Context(), apex, Primary{})
				wantLease(t, "SOA check", got.Granted, err, c.want, c.err)
				client = overPipe(t, func(t testing.TB, conn net.Conn, query []byte) {
					m := replyMsg(t, idOf(query), typeOf(query), split(map[uint16]string{axfr: whole, ixfr: delta}[typeOf(query)])...)
					c.change(m)
					_, _ = conn.Write(framed(pack(t, m)))
				})
				for _, o := range []Options{{}, {IXFR: true}} {
					f, err := client.Fetch(t.Context(), apex, Primary{}, version(t, zone3), o)
					wantLease(t, f.How.String(), f.Granted, err, c.want, c.err)
				}
			})
		})
	}
}

// overPipe is a Client whose connections lead to an act, for bubbles with a clock of their own.
func overPipe(t *testing.T, do act) *Client {
	var all sync.WaitGroup
	t.Cleanup(all.Wait)
	return &Client{Dial: func(context.Context, string, netip.AddrPort) (net.Conn, error) {
		near, far := net.Pipe()
		all.Go(func() { (&scripted{on: map[uint16]act{axfr: do, ixfr: do}}).talk(t, far) })
		return near, nil
	}}
}

func wantLease(t *testing.T, what string, got time.Time, err error, want time.Duration, wantErr error) {
	t.Helper()
	if !errors.Is(err, wantErr) || wantErr == nil && err != nil {
		t.Errorf("%s: error %v, want %v", what, err, wantErr)
	}
	if want == 0 && !got.IsZero() || want > 0 && time.Until(got) != want {
		t.Errorf("%s: granted for %s, want %s", what, time.Until(got), want)
	}
}

func TestOPTRecordsThatAreNone(t *testing.T) {
	query := appendQuery(nil, Query{ID: testID, Apex: apex, Type: dns.TypeSOA, EDNS: true}, nil)
	two := appendOPT(append([]byte(nil), query...))
	binary.BigEndian.PutUint16(two[10:], 2)
	short := append([]byte(nil), query...)
	short[len(short)-1] = 1 // the option is longer than the record
	for name, msg := range map[string][]byte{"two": two, "an option cut off": short, "cut off": query[:len(query)-2]} {
		if _, err := findOPT(msg); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzOPT: whatever is in a message, a lease is only read from an option of four octets.
func FuzzOPT(f *testing.F) {
	for _, c := range leases {
		m := replyMsg(f, testID, dns.TypeSOA, "SOA 5")
		c.change(m)
		f.Add(pack(f, m))
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		o, err := findOPT(msg)
		if err != nil && o != (opt{}) || o.lease && !o.found || o.expire != 0 && !o.lease {
			t.Errorf("%+v, %v", o, err)
		}
		var m dns.Msg
		if err == nil && m.Unpack(msg) == nil {
			if got := m.IsEdns0() != nil; got != o.found && m.IsTsig() == nil {
				t.Errorf("found %v, miekg/dns %v", o.found, got)
			}
		}
	})
}
