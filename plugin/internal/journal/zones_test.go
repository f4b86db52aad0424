package journal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

var (
	apex    = owner.MustParse("Example.ORG.")
	example = ID{"example.org.", "", "dns://.:53"}
	began   = time.Date(2026, 5, 1, 12, 0, 0, 123456789, time.UTC)
)

func soa(apex owner.Name, serial uint32) zone.RR {
	data := []byte{0, 0}
	for _, v := range []uint32{serial, 3600, 600, 86400, 300} {
		data = binary.BigEndian.AppendUint32(data, v)
	}
	return zone.RR{Owner: apex, Type: dns.TypeSOA, TTL: 3600, Data: data}
}

func rr(name string, rrtype uint16, data ...byte) zone.RR {
	return zone.RR{Owner: owner.MustParse(name), Type: rrtype, TTL: 300, Data: data}
}

func sig(name string, covered uint16) zone.RR {
	return rr(name, dns.TypeRRSIG, append(binary.BigEndian.AppendUint16(nil, covered), append(make([]byte, 16), 0, 7, 7)...)...)
}

// fresh is a zone transferred for the first time.
func fresh(t testing.TB, apex owner.Name, serial uint32, records ...zone.RR) zone.Published {
	t.Helper()
	txn := zone.Replace(apex, nil)
	for _, r := range append([]zone.RR{soa(apex, serial)}, records...) {
		if err := txn.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	v, _, err := txn.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return zone.Published{Version: v}
}

// next is the zone after a change to the given serial. All deltas are kept.
func next(t testing.TB, p zone.Published, serial uint32, deleted, added []zone.RR) zone.Published {
	t.Helper()
	txn := zone.Begin(p.Version)
	for _, r := range append([]zone.RR{p.Version.SOARecord()}, deleted...) {
		if err := txn.Delete(r); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range append([]zone.RR{soa(p.Version.Apex(), serial)}, added...) {
		if err := txn.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	v, d, err := txn.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return zone.Published{Version: v, Deltas: append(slices.Clone(p.Deltas), d)}
}

// varied has all that a zone can have.
func varied(t testing.TB) zone.Published {
	list := []zone.RR{
		rr("example.org.", dns.TypeNS, owner.MustParse("NS.Example.org.")...), sig("example.org.", dns.TypeSOA),
		rr("WWW.example.org.", dns.TypeA, 192, 0, 2, 1), sig("WWW.example.org.", dns.TypeA),
		rr("a.b.c.example.org.", 65280, 1, 2, 3, 0, 255), rr(`\000\001.example.org.`, dns.TypeTXT, 1, 'x'),
		rr("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example.org.", dns.TypeNSEC3, 1, 0, 0, 0, 0, 1, 7, 0, 1, 64),
		sig("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example.org.", dns.TypeNSEC3),
		rr("long.example.org.", 65281, bytes.Repeat([]byte{7}, 65535)...),
	}
	for i := range 20_000 {
		list = append(list, rr("huge.example.org.", dns.TypeA, 10, byte(i>>16), byte(i>>8), byte(i)))
	}
	for i := range 3_000 {
		list = append(list, rr(fmt.Sprintf("Host%d.example.org.", i), dns.TypeA, 192, 0, byte(i>>8), byte(i)))
	}
	return fresh(t, apex, 1, list...)
}

// changes is a zone and what becomes of it in a few small deltas.
func changes(t testing.TB, count int) []zone.Published {
	list := []zone.Published{fresh(t, apex, 4294967294, rr("Host0.example.org.", dns.TypeA, 192, 0, 2, 0))}
	for i := 1; i <= count; i++ {
		old := rr(fmt.Sprintf("Host%d.example.org.", i-1), dns.TypeA, 192, 0, 2, byte(i-1))
		added := []zone.RR{rr(fmt.Sprintf("Host%d.example.org.", i), dns.TypeA, 192, 0, 2, byte(i))}
		if i%3 == 0 {
			added = append(added, sig("example.org.", dns.TypeSOA), rr("x.example.org.", 65280, byte(i)))
		}
		list = append(list, next(t, list[i-1], uint32(4294967294+uint64(i)), []zone.RR{old}, added))
	}
	return list
}

// content is a version as text, exactly as it is.
func content(v *zone.Version) string {
	var b bytes.Buffer
	for r := range v.All() {
		fmt.Fprintf(&b, "%s %d %d %x\n", r.Owner, r.TTL, r.Type, r.Data)
	}
	return b.String()
}

// state is p with a lease that depends on n.
func state(p zone.Published, n int) State {
	return State{
		Published: p, Refreshed: began.Add(time.Duration(n) * time.Minute), Expire: began.Add(time.Duration(n) * time.Hour),
		Source: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}), 53),
		Pin:    netip.MustParseAddrPort("[2001:db8::1]:853"), Tag: fmt.Sprintf("member %d", n),
	}
}

// differ says how two states do, or nothing.
func differ(got, want State) string {
	switch {
	case got.Version == nil || content(got.Version) != content(want.Version):
		return "the records"
	case got.Version.Records() != want.Version.Records() || got.Version.Apex().String() != want.Version.Apex().String():
		return "the count or the apex"
	case got.Version.SetHash() != want.Version.SetHash() || !got.Version.SameContent(want.Version):
		return "the set hash"
	case !got.Refreshed.Equal(want.Refreshed) || !got.Expire.Equal(want.Expire):
		return fmt.Sprintf("the times: %v %v", got.Refreshed, got.Expire)
	case got.Source != want.Source || got.Pin != want.Pin || got.Tag != want.Tag:
		return "source, pin or tag"
	case !slices.EqualFunc(got.Deltas, want.Deltas, sameDelta):
		return fmt.Sprintf("the deltas: %d, not %d", len(got.Deltas), len(want.Deltas))
	}
	return ""
}

func sameDelta(a, b *zone.Delta) bool {
	return same(a.From, b.From) && same(a.To, b.To) && bytes.Equal(a.From.Record, b.From.Record) &&
		bytes.Equal(a.To.Record, b.To.Record) && bytes.Equal(a.Deleted, b.Deleted) && bytes.Equal(a.Added, b.Added) &&
		a.Deletions == b.Deletions && a.Additions == b.Additions
}

func open(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// reopened is the directory as the next process finds it.
func reopened(t testing.TB, s *Store) *Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, s.dir)
}

func save(t testing.TB, s *Store, id ID, st State) {
	t.Helper()
	if err := s.Save(id, st); err != nil {
		t.Fatal(err)
	}
}

// want loads the zone, which must be as it was saved, nothing lost.
func want(t testing.TB, s *Store, id ID, st State) {
	t.Helper()
	got, recovery, err := s.Load(id)
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	if d := differ(got, st); d != "" || recovery.Reason != nil || recovery.Serial != st.Version.Serial() {
		t.Fatalf("what was loaded differs in %s; recovery %v", d, recovery)
	}
}
