package xfr

import (
	"fmt"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// bulk is an AXFR of n records of mixed types in messages of about 16 KB.
func bulk(t testing.TB, n int) [][]byte {
	t.Helper()
	var list [][]byte
	m := replyMsg(t, testID, axfr, "SOA 5", "NS")
	for i := 2; i < n-1; i++ {
		m.Answer = append(m.Answer, bulkRecord(i))
		if len(m.Answer) == 500 {
			list = append(list, pack(t, m))
			m.Answer = m.Answer[:0]
		}
	}
	m.Answer = append(m.Answer, line(t, "SOA 5"))
	return append(list, pack(t, m))
}

func bulkRecord(i int) dns.RR {
	hdr := dns.RR_Header{Name: fmt.Sprintf("name-%d.example.org.", i/5), Class: dns.ClassINET, Ttl: 300}
	switch i % 5 {
	case 0:
		hdr.Rrtype = dns.TypeA
		return &dns.A{Hdr: hdr, A: []byte{192, 0, byte(i >> 8), byte(i)}}
	case 1:
		hdr.Rrtype = dns.TypeAAAA
		return &dns.AAAA{Hdr: hdr, AAAA: []byte{32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, byte(i >> 8), byte(i)}}
	case 2:
		hdr.Rrtype = dns.TypeMX
		return &dns.MX{Hdr: hdr, Preference: 10, Mx: "mail.example.org."}
	case 3:
		hdr.Rrtype = dns.TypeTXT
		return &dns.TXT{Hdr: hdr, Txt: []string{"some text of a usual length, as it is found"}}
	}
	hdr.Rrtype = dns.TypeSRV
	return &dns.SRV{Hdr: hdr, Port: 80, Target: "host.example.org."}
}

func BenchmarkInterpretAXFR(b *testing.B) {
	const records = 100_000
	list := bulk(b, records)
	octets := 0
	for _, m := range list {
		octets += len(m)
	}
	b.SetBytes(int64(octets))
	b.ReportAllocs()
	for b.Loop() {
		i := NewInterpreter(Query{ID: testID, Apex: apex, Type: axfr})
		if err := feed(i, list, func(Event) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/records, "ns/record")
}

func BenchmarkVerifyAXFR(b *testing.B) {
	list := bulk(b, 100_000)
	k := mustKey("k.", "")
	query, _ := signed(b, k)
	s := newSigner(b, k, query)
	for i, m := range list {
		list[i] = s.sign(m)
	}
	buf := make([]byte, maxMessage)
	b.ReportAllocs()
	for b.Loop() {
		_, v := signed(b, k)
		for _, m := range list {
			if _, err := v.Verify(buf[:copy(buf, m)], testNow); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkSmallIXFR is one changed record, over a socket on loopback.
func BenchmarkSmallIXFR(b *testing.B) {
	p := serve(b, map[uint16]act{ixfr: sayThen(delta)})
	have := version(b, zone3)
	client := new(Client)
	b.ReportAllocs()
	for b.Loop() {
		got, err := client.Fetch(b.Context(), apex, p.primary, have, Options{IXFR: true})
		if err != nil || got.How != ByIXFR {
			b.Fatal(err)
		}
	}
}

// BenchmarkAXFRToVersion is the interpreter and the store together.
func BenchmarkAXFRToVersion(b *testing.B) {
	const records = 100_000
	list := bulk(b, records)
	b.ReportAllocs()
	for b.Loop() {
		c := candidate{apex: apex, asked: axfr}
		i := NewInterpreter(Query{ID: testID, Apex: apex, Type: axfr})
		if err := feed(i, list, c.apply); err != nil {
			b.Fatal(err)
		}
		var v *zone.Version
		var err error
		if v, _, err = c.commit(); err != nil || v.Records() != records-1 {
			b.Fatal(err, v)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/records, "ns/record")
}
