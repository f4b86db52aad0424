package zone

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// BenchmarkScale is what a zone costs by its size: to load it, to change one record
// of it, to find a name, and to restore it from its pages. Ten million records are measured with BENCH_LARGE set.
func BenchmarkScale(b *testing.B) {
	for _, records := range []int{10_000, 100_000, 1_000_000, 10_000_000} {
		if records > 1_000_000 && os.Getenv("BENCH_LARGE") == "" {
			continue
		}
		var list []RR // made when a benchmark of this size is asked for
		var v *Version
		need := func(b *testing.B) {
			if list == nil {
				list = benchRecords(records * 2 / 5)
				v = loadAll(b, list, nil)
			}
			b.ReportAllocs()
		}
		for _, each := range []struct {
			name string
			run  func(*testing.B, []RR, *Version)
		}{{"load", scaleLoad}, {"one", scaleOne}, {"get", scaleGet}, {"restore", scaleRestore}} {
			b.Run(fmt.Sprintf("%s/%d", each.name, records), func(b *testing.B) {
				need(b)
				each.run(b, list, v)
			})
		}
		b.Run(fmt.Sprintf("collect/%d", records), func(b *testing.B) {
			need(b)
			list = nil
			scaleCollect(b, nil, v)
		})
	}
}

// scaleLoad also reports what a version costs: live octets of the heap.
func scaleLoad(b *testing.B, list []RR, _ *Version) {
	before := liveHeap()
	var v *Version
	for b.Loop() {
		v = loadAll(b, list, nil)
	}
	after := liveHeap()
	b.ReportMetric(float64(after-before)/float64(v.Records()), "B/RR")
	runtime.KeepAlive(v)
}

// scaleCollect is a collection of garbage when there is nothing but a version.
func scaleCollect(b *testing.B, _ []RR, v *Version) {
	for b.Loop() {
		runtime.GC()
	}
	runtime.KeepAlive(v)
}

func liveHeap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func scaleOne(b *testing.B, list []RR, v *Version) {
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
}

func scaleGet(b *testing.B, list []RR, v *Version) {
	var key []byte
	for i := 0; b.Loop(); i++ {
		key, _ = owner.AppendKey(key[:0], list[2+i*7919%(len(list)-2)].Owner, v.Apex())
		n, ok := v.Get(key)
		if _, found := n.RRset(dns.TypeA); !ok || !found {
			b.Fatal("not found")
		}
	}
}

func scaleRestore(b *testing.B, _ []RR, v *Version) {
	names, hashed := v.Pages()
	pages, hashes := slices.Collect(names), slices.Collect(hashed)
	for b.Loop() {
		w, err := Restore(v.Apex(), v.HashKey(), v.SetHash(), pages, hashes)
		if err != nil || w.Records() != v.Records() {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(v.Records()), "ns/RR")
}
