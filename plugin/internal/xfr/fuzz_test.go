package xfr

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// fuzzMessages cuts the input into messages: each begins with its length, as over TCP.
func fuzzMessages(input []byte) [][]byte {
	var list [][]byte
	for len(input) >= 2 {
		n := min(int(binary.BigEndian.Uint16(input)), len(input)-2)
		list = append(list, input[2:2+n])
		input = input[2+n:]
	}
	return list
}

func fuzzSeed(list [][]byte) (seed []byte) {
	for _, m := range list {
		seed = append(seed, framed(m)...)
	}
	return seed
}

// FuzzFeed: whatever arrives, events come in an order that the vocabulary allows, of the zone alone, and
// building a zone from them does not panic.
func FuzzFeed(f *testing.F) {
	for _, c := range wholeCases {
		f.Add(false, fuzzSeed(messages(f, testID, axfr, c.messages...)))
	}
	for _, c := range deltaCases {
		f.Add(true, fuzzSeed(messages(f, testID, ixfr, c.messages...)))
	}
	have := version(f, zone3)
	f.Fuzz(func(t *testing.T, delta bool, input []byte) {
		q := Query{ID: testID, Apex: apex, Type: axfr}
		if delta {
			q.Type, q.Have = ixfr, 3
		}
		i := NewInterpreter(q)
		c := candidate{apex: apex, have: have, asked: q.Type, force: true}
		order := grammar{t: t}
		for _, m := range fuzzMessages(input) {
			done, err := i.Feed(m, func(e Event) error {
				order.check(e)
				return c.apply(e)
			})
			if err != nil {
				return
			}
			if done {
				if order.last != Finished && order.last != Current {
					t.Fatal("done after", order.last)
				}
				if c.txn != nil {
					_, _, _ = c.commit()
				}
				return
			}
		}
	})
}

// A grammar checks the order of events; see Event.
type grammar struct {
	t    *testing.T
	last Kind
	seen bool
}

func (g *grammar) check(e Event) {
	before := map[Kind][]Kind{
		Add:         {Replace, BeginAdd, Add},
		Delete:      {BeginDelete, Delete},
		BeginAdd:    {BeginDelete, Delete},
		BeginDelete: {BeginAdd, Add},
		Finished:    {Replace, BeginAdd, Add},
	}[e.Kind]
	allowed := !g.seen && e.Kind != Add && e.Kind != Delete && e.Kind != BeginAdd && e.Kind != Finished
	for _, kind := range before {
		allowed = allowed || g.seen && g.last == kind
	}
	if !allowed {
		g.t.Fatalf("%s after %s (%v)", e.Kind, g.last, g.seen)
	}
	if !e.RR.Owner.IsBelowOrEqual(apex) || e.RR.TTL > maxTTL || isMeta(e.RR.Type) {
		g.t.Fatalf("%s %s", e.Kind, show(e.RR))
	}
	g.last, g.seen = e.Kind, true
}

// FuzzVerify: a reply that ends well has exactly the messages that were made with the key.
func FuzzVerify(f *testing.F) {
	k := mustKey("transfer.key.", "")
	query, _ := signed(f, k)
	s := newSigner(f, k, query)
	var plain, good [][]byte
	for n, text := range []string{"SOA 5 | NS", "a A 192.0.2.1", "SOA 5"} {
		msg := messages(f, testID, axfr, text)[0]
		plain = append(plain, msg)
		if n == 1 {
			good = append(good, s.skip(msg))
		} else {
			good = append(good, s.sign(msg))
		}
	}
	f.Add(fuzzSeed(good))
	f.Add(fuzzSeed([][]byte{query}))
	f.Fuzz(func(t *testing.T, input []byte) {
		_, v := signed(t, k)
		var accepted [][]byte
		for _, m := range fuzzMessages(input) {
			got, err := v.Verify(bytes.Clone(m), testNow)
			if err != nil {
				return
			}
			accepted = append(accepted, got)
			if v.Close() != nil {
				continue
			}
			if len(accepted) > len(plain) || !slices.EqualFunc(accepted, plain[:len(accepted)], bytes.Equal) {
				t.Fatalf("accepted: %x", accepted)
			}
		}
	})
}

// FuzzReader: every record that is read lies within the message, and reading ends.
func FuzzReader(f *testing.F) {
	f.Add(messages(f, testID, axfr, "SOA 5 | NS | www MX 5 mail | x TXT a b | SOA 5")[0])
	f.Add(appendQuery(nil, Query{ID: testID, Apex: apex, Type: dns.TypeSOA}, nil))
	f.Fuzz(func(t *testing.T, msg []byte) {
		_, _ = findTSIG(msg)
		_, _ = Query{ID: testID, Apex: apex, Type: dns.TypeSOA}.soaAnswer(msg)
		var r reader
		if r.reset(msg) != nil || r.skipQuestions() != nil {
			return
		}
		var rr record
		for range int(r.answers) + int(r.authorities) + int(r.additional) {
			before := r.off
			if r.record(&rr) != nil {
				return
			}
			if r.off <= before || r.off > len(msg) || rr.dataOff+rr.size != r.off || rr.ttl > maxTTL {
				t.Fatalf("%+v", rr)
			}
			_, _ = r.rdata(&rr)
		}
	})
}

// FuzzSigning: what we sign, miekg/dns verifies.
func FuzzSigning(f *testing.F) {
	f.Add(uint16(1), int64(1_800_000_000))
	f.Fuzz(func(t *testing.T, id uint16, seconds int64) {
		seconds &= 1<<47 - 1
		k := mustKey("k.", "")
		msg, _ := k.Sign(appendQuery(nil, Query{ID: id, Apex: apex, Type: axfr}, nil), time.Unix(seconds, 0))
		if err := dns.TsigVerify(msg, testSecret, "", false); err != nil && !errors.Is(err, dns.ErrTime) {
			t.Fatal(err)
		}
	})
}
