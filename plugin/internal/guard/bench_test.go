package guard

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// million is a zone of a million records: two A and an RRSIG a name, of which one in ten is a secure delegation.
func million(serial uint32) []zone.RR {
	const names = 1_000_000 / 3
	list := make([]zone.RR, 0, 3*names+2)
	data := binary.BigEndian.AppendUint32([]byte{0, 0}, serial)
	data = append(data, make([]byte, 16)...)
	list = append(list, ns("example."), zone.RR{Owner: apex, Type: dns.TypeSOA, TTL: 3600, Data: data})
	for i := range names {
		n := name(fmt.Sprintf("h%06d.example.", i))
		sig := rrsig("example.", dns.TypeA, noon, int64(i)*7919%2_592_000)
		sig.Owner = n
		if i%10 == 0 {
			ds := append([]byte{0, 1, 8, 2}, make([]byte, 32)...)
			list = append(list, zone.RR{Owner: n, Type: dns.TypeNS, TTL: 3600, Data: ns("example.").Data},
				zone.RR{Owner: n, Type: dns.TypeDS, TTL: 3600, Data: ds})
			binary.BigEndian.PutUint16(sig.Data, dns.TypeDS)
		} else {
			a := byte(i)
			list = append(list, zone.RR{Owner: n, Type: dns.TypeA, TTL: 300, Data: []byte{192, 0, 2, a}},
				zone.RR{Owner: n, Type: dns.TypeA, TTL: 300, Data: []byte{198, 51, 100, a}})
		}
		list = append(list, sig)
	}
	return list
}

// BenchmarkJudgeOneRecordIn1M is what a change of one record costs in a zone of a million, Statistics carried on.
func BenchmarkJudgeOneRecordIn1M(b *testing.B) {
	was := million(1)
	old, _ := whole(b, nil, was)
	txn := zone.Begin(old)
	soa := old.SOARecord()
	next := append([]byte(nil), soa.Data...)
	binary.BigEndian.PutUint32(next[2:], 2)
	for _, err := range []error{
		txn.Delete(soa), txn.Add(zone.RR{Owner: soa.Owner, Type: soa.Type, TTL: soa.TTL, Data: next}),
		txn.Delete(was[5002]), txn.Add(zone.RR{Owner: was[5002].Owner, Type: dns.TypeTXT, TTL: 300, Data: []byte("\x01x")}),
	} {
		if err != nil {
			b.Fatal(err)
		}
	}
	v, delta, err := txn.Commit()
	if err != nil {
		b.Fatal(err)
	}
	before, p := StatisticsOf(old), DefaultPolicy()
	b.ReportAllocs()
	for b.Loop() {
		c := &Change{Candidate: Candidate{Old: old, Version: v, Delta: delta}, Now: noon, Before: before}
		c.After = before.After(old, v, delta)
		p.Examine(c)
	}
}

// BenchmarkJudgeWholeZone is what a whole zone of a million records costs in which every fifth name has another address:
// with the difference that was found when it was merged, and when that is not known.
func BenchmarkJudgeWholeZone(b *testing.B) {
	was := million(1)
	is := million(2)
	for i := range is {
		if is[i].Type == dns.TypeA && i%15 < 3 {
			is[i].Data[0]++
		}
	}
	old, _ := whole(b, nil, was)
	v, delta := whole(b, old, is)
	if delta.Partial {
		b.Fatal("the delta was not kept")
	}
	before, p := StatisticsOf(old), DefaultPolicy()
	for name, d := range map[string]*zone.Delta{"delta": delta, "unknown": nil} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c := &Change{Candidate: Candidate{Old: old, Version: v, Delta: d}, Now: noon, Before: before}
				c.After = before.After(old, v, d)
				p.Examine(c)
			}
		})
	}
}

// BenchmarkStatisticsOf1M is what is done once for a zone that was restored.
func BenchmarkStatisticsOf1M(b *testing.B) {
	v, _ := whole(b, nil, million(1))
	b.ReportAllocs()
	for b.Loop() {
		StatisticsOf(v)
	}
}
