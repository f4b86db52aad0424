package journal

import (
	"fmt"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// million is a zone of a million records at 400,000 names.
func million(b *testing.B) zone.Published {
	var list []zone.RR
	for i := range 400_000 {
		name := fmt.Sprintf("h%06d.example.org.", i)
		list = append(list, rr(name, dns.TypeA, 192, 0, 2, byte(i)), rr(name, dns.TypeA, 198, 51, 100, byte(i)))
		if i%2 == 0 {
			list = append(list, rr(name, dns.TypeTXT, []byte("\x0bsome text 1")...))
		}
	}
	p := fresh(b, apex, 1, list...)
	runtime.GC()
	return p
}

func BenchmarkSnapshot(b *testing.B) {
	p := million(b)
	s := open(b, b.TempDir())
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.claim(example).known = false
		save(b, s, example, state(p, i))
	}
}

func BenchmarkLoad(b *testing.B) {
	p := million(b)
	for name, deltas := range map[string]int{"snapshot": 0, "10000 records in deltas": 100} {
		b.Run(name, func(b *testing.B) {
			s := open(b, b.TempDir())
			save(b, s, example, state(p, 1))
			q := p
			for i := range deltas {
				var added []zone.RR
				for j := range 100 {
					added = append(added, rr(fmt.Sprintf("n%d.h%06d.example.org.", i, 3967*(i*100+j)%400_000), dns.TypeA, 192, 0, 2, byte(i)))
				}
				q = next(b, q, uint32(i+2), nil, added)
			}
			save(b, s, example, state(q, 2))
			b.SetBytes(size(b, s.dir, stem(groupOf(example), keyPart(example.Key))+snapshotSuffix))
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := s.Load(example); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendOne(b *testing.B) {
	p := million(b)
	s := open(b, b.TempDir())
	save(b, s, example, state(p, 1))
	changed := []zone.RR{rr("new.example.org.", dns.TypeA, 192, 0, 2, 9)}
	b.ReportAllocs()
	for i := uint32(2); b.Loop(); i++ {
		b.StopTimer()
		if i%2 == 0 {
			p = next(b, p, i, nil, changed)
		} else {
			p = next(b, p, i, changed, nil)
		}
		b.StartTimer()
		save(b, s, example, state(p, 1))
	}
}

// BenchmarkManyZones is one zone of many: first saved, loaded by the next process, and a lease renewed.
func BenchmarkManyZones(b *testing.B) {
	p := changes(b, 1)[1]
	dir := filepath.Join(b.TempDir(), "zones")
	ids := make([]ID, 10_000)
	for i := range ids {
		ids[i] = ID{fmt.Sprintf("z%d.example.", i), "", "dns://.:53"}
	}
	s := open(b, dir)
	for _, id := range ids[:1000] {
		save(b, s, id, state(p, 1))
	}
	b.Run("load", func(b *testing.B) {
		b.ReportAllocs()
		s = reopened(b, s)
		for i := 0; b.Loop(); i++ {
			if _, _, err := s.Load(ids[i%1000]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("lease", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			save(b, s, ids[i%1000], state(p, i))
		}
	})
}
