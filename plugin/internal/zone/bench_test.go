package zone

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// benchRecords makes a zone of n names: two A each, and a TXT at every other one, so 2.5 records a name.
func benchRecords(n int) []RR {
	list := []RR{soaRR("example.", 1), {owner.MustParse("example."), dns.TypeNS, 3600, owner.MustParse("ns.example.")}}
	for i := range n {
		name := owner.MustParse(fmt.Sprintf("h%06d.example.", i))
		a := byte(i)
		list = append(list, RR{name, dns.TypeA, 300, []byte{192, 0, 2, a}}, RR{name, dns.TypeA, 300, []byte{198, 51, 100, a}})
		if i%2 == 0 {
			list = append(list, RR{name, dns.TypeTXT, 300, []byte("\x0bsome text 1")})
		}
	}
	return list
}

func loadAll(b testing.TB, list []RR, base *Version) *Version {
	txn := Replace(owner.MustParse("example."), base)
	for _, rr := range list {
		if err := txn.Add(rr); err != nil {
			b.Fatal(err)
		}
	}
	v, _, err := txn.Commit()
	if err != nil {
		b.Fatal(err)
	}
	return v
}

func BenchmarkLoad(b *testing.B) {
	for _, names := range []int{4_000, 400_000} {
		list := benchRecords(names)
		mixed := shuffled(list)
		for order, records := range map[string][]RR{"sorted": list, "shuffled": mixed} {
			b.Run(fmt.Sprintf("%s/%d", order, len(list)), func(b *testing.B) {
				b.ReportAllocs()
				var v *Version
				for b.Loop() {
					v = loadAll(b, records, nil)
				}
				b.ReportMetric(float64(v.Octets())/float64(v.Records()), "B/RR")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(list)), "ns/RR")
			})
		}
	}
}

func BenchmarkReplaceUnchanged(b *testing.B) {
	list := benchRecords(400_000)
	base := loadAll(b, list, nil)
	for b.Loop() {
		loadAll(b, list, base)
	}
}

func BenchmarkChangeOne(b *testing.B) {
	for _, names := range []int{4_000, 400_000} {
		list := benchRecords(names)
		v := loadAll(b, list, nil)
		b.Run(fmt.Sprint(len(list)), func(b *testing.B) {
			b.ReportAllocs()
			for i := uint32(1); b.Loop(); i++ {
				txn := Begin(v)
				rr := list[2+int(i)*7919%(len(list)-2)]
				for _, err := range []error{
					txn.Delete(v.SOARecord()), txn.Add(soaRR("example.", i+1)), txn.Delete(rr), txn.Add(rr),
				} {
					if err != nil {
						b.Fatal(err)
					}
				}
				var err error
				if v, _, err = txn.Commit(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkGet(b *testing.B) {
	list := benchRecords(400_000)
	v := loadAll(b, list, nil)
	runtime.GC()
	var key []byte
	for i := 0; b.Loop(); i++ {
		key, _ = owner.AppendKey(key[:0], list[2+i*7919%(len(list)-2)].Owner, v.Apex())
		n, ok := v.Get(key)
		if _, found := n.RRset(dns.TypeA); !ok || !found {
			b.Fatal("not found")
		}
	}
}
