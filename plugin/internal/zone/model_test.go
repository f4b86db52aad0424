package zone

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/rdata"
)

// A model is a zone as a plain map: what the store must agree with.
type model map[string]modelSet

type modelSet struct {
	ttl     uint32
	members map[string]RR // by canonical RDATA
}

func modelKey(rr RR) (set, member string) {
	covered := ""
	if rr.Type == dns.TypeRRSIG {
		covered = fmt.Sprint(rdata.Covered(rr.Data))
	}
	set = fmt.Sprintf("%x/%d/%s", owner.AppendLower(nil, rr.Owner), rr.Type, covered)
	return set, string(rdata.AppendCanonical(nil, rr.Data, rr.Type))
}

func (m model) add(rr RR) {
	k, id := modelKey(rr)
	set, ok := m[k]
	if !ok {
		set = modelSet{rr.TTL, map[string]RR{}}
	}
	set.ttl = min(set.ttl, rr.TTL)
	if _, ok := set.members[id]; !ok {
		set.members[id] = rr
	}
	m[k] = set
}

func (m model) delete(rr RR) bool {
	k, id := modelKey(rr)
	if _, ok := m[k].members[id]; !ok {
		return false
	}
	delete(m[k].members, id)
	if len(m[k].members) == 0 {
		delete(m, k)
	}
	return true
}

// lines is the content as sorted text, owner names in lower case.
func (m model) lines() []string {
	var out []string
	for _, set := range m {
		for _, rr := range set.members {
			rr.TTL = set.ttl
			out = append(out, line(rr))
		}
	}
	sort.Strings(out)
	return out
}

func line(rr RR) string {
	return fmt.Sprintf("%s %d %d %x", strings.ToLower(rr.Owner.String()), rr.TTL, rr.Type, rr.Data)
}

func versionLines(v *Version) []string {
	var out []string
	for rr := range v.All() {
		out = append(out, line(rr))
	}
	sort.Strings(out)
	return out
}

func soaRR(apex string, serial uint32) RR {
	data := append([]byte{}, 0, 0)
	for _, v := range []uint32{serial, 3600, 600, 86400, 300} {
		data = binary.BigEndian.AppendUint32(data, v)
	}
	return RR{owner.MustParse(apex), dns.TypeSOA, 3600, data}
}

// fuzzApex, and few enough names and values that operations often meet.
var (
	fuzzApex   = owner.MustParse("Example.")
	fuzzOwners = []owner.Name{
		owner.MustParse("example."), owner.MustParse("a.example."), owner.MustParse("A.example."),
		owner.MustParse("b.a.example."), owner.MustParse("*.a.example."), owner.MustParse(`\000.example.`),
		owner.MustParse(`\001\000.example.`), owner.MustParse("zz.yy.xx.example."), owner.MustParse("other."),
		owner.MustParse("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example."), owner.MustParse("mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm.example."),
	}
)

func fuzzRR(name, kind, value, ttl byte) RR {
	rr := RR{Owner: fuzzOwners[int(name)%len(fuzzOwners)], TTL: 60 * uint32(1+ttl%3)}
	switch kind % 5 {
	case 0:
		rr.Type, rr.Data = dns.TypeA, []byte{192, 0, 2, value % 16}
	case 1:
		rr.Type, rr.Data = dns.TypeNS, owner.MustParse([]string{"ns1.example.", "NS1.example.", "ns2.example."}[value%3])
	case 2:
		rr.Type, rr.Data = dns.TypeTXT, append([]byte{200}, bytes.Repeat([]byte{value}, 200)...)
	case 3:
		rr.Type, rr.Data = dns.TypeNSEC3, []byte{1, 0, 0, 0, 0, 1, value % 4}
	case 4:
		covered := []uint16{dns.TypeA, dns.TypeNSEC3}[value%2]
		rr.Type, rr.Data = dns.TypeRRSIG, append(binary.BigEndian.AppendUint16(nil, covered), append(make([]byte, 16), 0, value%4)...)
	}
	return rr
}

// The input is a program: four octets an operation, a commit where the first is high.
func FuzzTxn(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x01\x01\x00\x02\xf0aaa\x02\x02\x03\x04\x81\x01\x00\x02"), uint16(64))
	f.Add(bytes.Repeat([]byte("\x07\x03\x11\x05\x02\x08\x04\x09\xf1bcd\x85\x09\x04\x01"), 20), uint16(96))
	f.Fuzz(func(t *testing.T, program []byte, pageSize uint16) {
		size := 48 + int(pageSize)%512
		serial := uint32(1)
		m := model{}
		full := Replace(fuzzApex, nil)
		full.pageSize = size
		apply(t, full, m, soaRR("EXAMPLE.", serial), true)
		v := mustCommit(t, full, nil, m)
		txn := Begin(v)
		txn.pageSize = size
		for len(program) >= 4 {
			op := program[:4]
			program = program[4:]
			if op[0] >= 0xF0 {
				apply(t, txn, m, soaRR("EXAMPLE.", serial), false)
				serial++
				apply(t, txn, m, soaRR("EXAMPLE.", serial), true)
				old := v
				v = mustCommit(t, txn, old, m)
				checkReplace(t, old, v, size, op[0]%2 == 0)
				txn = Begin(v)
				txn.pageSize = size
				continue
			}
			apply(t, txn, m, fuzzRR(op[0], op[1], op[2], op[3]), op[0] < 0x80)
		}
	})
}

func apply(t *testing.T, txn *Txn, m model, rr RR, add bool) {
	t.Helper()
	inside := rr.Owner.IsBelowOrEqual(fuzzApex)
	if add {
		if err := txn.Add(rr); (err == nil) != inside {
			t.Fatalf("add %s: %v", line(rr), err)
		}
		if inside {
			m.add(rr)
		}
		return
	}
	if err := txn.Delete(rr); (err == nil) != (inside && m.delete(rr)) {
		t.Fatalf("delete %s: %v", line(rr), err)
	}
}

// mustCommit commits and checks everything a Version promises against the model and the base.
func mustCommit(t *testing.T, txn *Txn, base *Version, m model) *Version {
	t.Helper()
	var before []string
	if base != nil {
		before = versionLines(base)
	}
	v, delta, err := txn.Commit()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := versionLines(v), m.lines(); !slices.Equal(got, want) {
		t.Fatalf("store:\n%s\nmodel:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	checkCounts(t, v)
	checkOrder(t, v)
	if base != nil {
		if !slices.Equal(before, versionLines(base)) {
			t.Fatal("the base changed")
		}
		checkDelta(t, base, v, delta)
	}
	return v
}

func checkCounts(t *testing.T, v *Version) {
	t.Helper()
	var there Counts
	for _, c := range []Cursor{v.Cursor(), v.HashedCursor()} {
		for ok := c.First(); ok; ok = c.Next() {
			there.node(c.Node(), 1)
		}
	}
	if there = there.settled(); !reflect.DeepEqual(*v.Counts(), there) {
		t.Fatalf("%+v is counted, %+v is there", *v.Counts(), there)
	}
	if n := len(slices.Collect(v.All())); v.Records() != n {
		t.Fatalf("%d records counted, %d there", v.Records(), n)
	}
}

func checkOrder(t *testing.T, v *Version) {
	t.Helper()
	for _, c := range []Cursor{v.Cursor(), v.HashedCursor()} {
		var keys [][]byte
		for ok := c.First(); ok; ok = c.Next() {
			keys = append(keys, c.Node().Key())
			if k := keys[len(keys)-1]; len(keys) > 1 && bytes.Compare(keys[len(keys)-2], k) >= 0 {
				t.Fatalf("key %x is out of order", k)
			}
		}
		for i := len(keys) - 1; i >= 0; i-- {
			if !c.Prev() || !bytes.Equal(c.Node().Key(), keys[i]) {
				t.Fatalf("walking back is not walking forth at %x", keys[i])
			}
		}
		for _, k := range keys {
			if !c.Seek(k) || !bytes.Equal(c.Node().Key(), k) {
				t.Fatalf("key %x is not found", k)
			}
			if between := append(bytes.Clone(k), 0xFF); c.Seek(between) && bytes.Compare(c.Node().Key(), between) < 0 {
				t.Fatalf("seeking %x found %x", between, c.Node().Key())
			}
		}
	}
}

// checkDelta applies the delta's wire form to the base and must arrive at the new content.
func checkDelta(t *testing.T, base, v *Version, d *Delta) {
	t.Helper()
	if d.From.Serial != base.Serial() || d.To.Serial != v.Serial() {
		t.Fatalf("delta %v to %v", d.From.Serial, d.To.Serial)
	}
	again := Begin(base)
	deleted, added := unpackAll(t, d.Deleted), unpackAll(t, d.Added)
	if len(deleted) != d.Deletions || len(added) != d.Additions {
		t.Fatal("the delta's counts are wrong")
	}
	for _, rr := range append(deleted, base.SOARecord()) {
		if err := again.Delete(rr); err != nil {
			t.Fatalf("delta deletes %s: %v", line(rr), err)
		}
	}
	for _, rr := range append(added, v.SOARecord()) {
		if err := again.Add(rr); err != nil {
			t.Fatal(err)
		}
	}
	replayed, _, err := again.Commit()
	if err != nil || !slices.Equal(versionLines(replayed), versionLines(v)) {
		t.Fatalf("the delta does not lead to the new version: %v", err)
	}
	if replayed.SetHash() != v.SetHash() {
		t.Fatal("the same content has another hash")
	}
}

func unpackAll(t *testing.T, wire []byte) (list []RR) {
	t.Helper()
	for off := 0; off < len(wire); {
		name, n, err := owner.Unpack(nil, wire, off)
		if err != nil {
			t.Fatal(err)
		}
		length := int(binary.BigEndian.Uint16(wire[n+8:]))
		list = append(list, RR{name, binary.BigEndian.Uint16(wire[n:]), binary.BigEndian.Uint32(wire[n+4:]), wire[n+10 : n+10+length]})
		off = n + 10 + length
	}
	return list
}

// checkReplace builds v's content anew over old, in the given or in reverse order.
func checkReplace(t *testing.T, old, v *Version, size int, reverse bool) {
	t.Helper()
	all := slices.Collect(v.All())
	if reverse {
		slices.Reverse(all)
	}
	txn := Replace(fuzzApex, old)
	txn.pageSize, txn.batchSize, txn.runSize = size, 1+size%7, 1+size%5
	for _, rr := range all {
		if err := txn.Add(rr); err != nil {
			t.Fatal(err)
		}
	}
	again, delta, err := txn.Commit()
	if err != nil || !slices.Equal(versionLines(again), versionLines(v)) || again.SetHash() != v.SetHash() {
		t.Fatalf("an AXFR of the version is another version: %v", err)
	}
	checkOrder(t, again)
	checkCounts(t, again)
	checkDelta(t, old, again, delta)
}
