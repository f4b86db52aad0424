package zone

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// varied is a zone of many small pages with all that a page can hold.
func varied(t testing.TB, apex string) *Version {
	t.Helper()
	txn := Replace(owner.MustParse(apex), nil)
	txn.pageSize = 96
	list := []RR{soaRR("EXAMPLE.", 7)}
	for i := range byte(200) {
		list = append(list, fuzzRR(i, i/3, i/7, i/50))
	}
	list = append(list, RR{owner.MustParse("Big.example."), 65280, 60, bytes.Repeat([]byte{1}, 1000)})
	list = append(list, RR{owner.MustParse("x.example."), typeRRSIG, 60, append(binary.BigEndian.AppendUint16(nil, dns.TypeMX), make([]byte, 18)...)})
	for _, rr := range list {
		if err := txn.Add(rr); err != nil && rr.Owner.IsBelowOrEqual(fuzzApex) {
			t.Fatal(err)
		}
	}
	v, _, err := txn.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func clonePages(v *Version) (names, hashed [][]byte) {
	n, h := v.Pages()
	for p := range n {
		names = append(names, bytes.Clone(p))
	}
	for p := range h {
		hashed = append(hashed, bytes.Clone(p))
	}
	return names, hashed
}

func TestRestoredIsTheSame(t *testing.T) {
	v := varied(t, "example.")
	names, hashed := clonePages(v)
	again, err := Restore(v.Apex().Clone(), v.HashKey(), v.SetHash(), names, hashed)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(versionLines(v), versionLines(again)) || again.Records() != v.Records() ||
		again.Names() != v.Names() || again.Octets() != v.Octets() || !again.SameContent(v) || again.Apex().String() != "EXAMPLE." {
		t.Error("what was restored is not what was saved")
	}
	checkCounts(t, again)
	spelt := func(v *Version) (all []string) {
		for rr := range v.All() {
			all = append(all, rr.Owner.String())
		}
		return all
	}
	if !slices.Equal(spelt(v), spelt(again)) {
		t.Error("the spelling of owner names is lost")
	}
}

// Every page of a zone with any one octet changed, missing or doubled is refused or safe.
func TestChangedPagesAreRefusedOrSafe(t *testing.T) {
	v := varied(t, "example.")
	names, hashed := clonePages(v)
	for _, tree := range [][][]byte{names, hashed} {
		for i, p := range tree {
			for at := range p[:min(len(p), 300)] {
				for _, change := range []byte{1, 0x20, 0x80, 0xFF} {
					tree[i] = bytes.Clone(p)
					tree[i][at] ^= change
					exercise(t, names, hashed)
				}
				tree[i] = slices.Delete(bytes.Clone(p), at, at+1)
				exercise(t, names, hashed)
			}
			tree[i] = p
		}
	}
}

func TestPagesInAWrongPlaceAreRefused(t *testing.T) {
	v := varied(t, "example.")
	names, hashed := clonePages(v)
	key, hash := v.HashKey(), v.SetHash()
	swapped := slices.Clone(names)
	swapped[1], swapped[2] = swapped[2], swapped[1]
	long := owner.MustParse(string(bytes.Repeat([]byte("twelve-octets."), 17)))
	for name, c := range map[string]struct {
		apex          owner.Name
		names, hashed [][]byte
	}{
		"no pages":            {fuzzApex, nil, nil},
		"no apex":             {fuzzApex, names[1:], hashed},
		"pages swapped":       {fuzzApex, swapped, hashed},
		"a page twice":        {fuzzApex, slices.Insert(slices.Clone(names), 1, names[0]), hashed},
		"NSEC3 among names":   {fuzzApex, hashed, names},
		"an empty page":       {fuzzApex, append(slices.Clone(names), nil), hashed},
		"no owner name":       {owner.Name("\x07example"), names, hashed},
		"octets after apex":   {owner.Name("\x07example\x00\x00"), names, hashed},
		"names get too long":  {long, names, hashed},
		"an empty apex label": {owner.Name{}, names, hashed},
	} {
		if _, err := Restore(c.apex, key, hash, c.names, c.hashed); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// Pages whose lengths are all right, and whose content is not.
func TestWrongContentIsRefused(t *testing.T) {
	set := func(rrtype uint16, octets ...byte) []byte {
		head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(nil, rrtype), 60)
		return append(append(head, byte(len(octets))), octets...)
	}
	page := func(keys []string, sets ...[]byte) []byte {
		b := newTreeBuilder(&tree{}, defaultPageSize)
		for _, key := range keys {
			b.add([]byte(key), append([]byte{0}, bytes.Join(sets, nil)...))
		}
		t := b.done()
		return t.page(position{})
	}
	beyond := page([]string{"a\x00", "b\x00"}, set(dns.TypeA, 2, 4, 192, 0, 2, 1))
	beyond[len(beyond)-3] = 0x7F // the offset of the second name
	a := set(dns.TypeA, 2, 4, 192, 0, 2, 1)
	sigOf := func(covered byte) []byte { // one A with one RRSIG
		return set(dns.TypeA, append([]byte{3, 4, 192, 0, 2, 1, 1, 0, 0, 0, 60, 20, 0, covered}, make([]byte, 18)...)...)
	}
	soa := page([]string{""}, set(dns.TypeSOA, append([]byte{2, 22}, soaRR("example.", 1).Data...)...))
	for name, c := range map[string]struct {
		page  []byte
		right bool
	}{
		"right":                  {page([]string{"a\x00", "b\x00"}, a, set(dns.TypeMX, 2, 3, 0, 1, 0)), true},
		"right with an RRSIG":    {page([]string{"a\x00"}, sigOf(1)), true},
		"an offset beyond":       {beyond, false},
		"types not in order":     {page([]string{"a\x00"}, set(dns.TypeMX, 2, 3, 0, 1, 0), a), false},
		"a type twice":           {page([]string{"a\x00"}, a, a), false},
		"a name without records": {page([]string{"a\x00"}), false},
		"an RRset without any":   {page([]string{"a\x00"}, set(dns.TypeA, 0)), false},
		"an A of five octets":    {page([]string{"a\x00"}, set(dns.TypeA, 2, 5, 192, 0, 2, 1, 1)), false},
		"an RRSIG over NS":       {page([]string{"a\x00"}, sigOf(2)), false},
		"an RRSIG by itself": {page([]string{"a\x00"},
			set(typeRRSIG, append([]byte{2, 20, 0, 46}, make([]byte, 18)...)...)), false},
		"NSEC3 among names": {page([]string{"a\x00"}, set(dns.TypeNSEC3, 2, 7, 1, 0, 0, 0, 0, 1, 7)), false},
		"upper case":        {page([]string{"A\x00"}, a), false},
		"no end of label":   {page([]string{"a"}, a), false},
		"an empty label":    {page([]string{"a\x00\x00"}, a), false},
		"a wrong escape":    {page([]string{"a\x01\x03\x00"}, a), false},
		"the apex again":    {page([]string{""}, a), false},
	} {
		if _, err := Restore(fuzzApex, processKey, SetHash{}, [][]byte{soa, c.page}, nil); (err == nil) != c.right {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// exercise does to a restored Version, if there is one, all that may be done to a Version.
func exercise(t *testing.T, names, hashed [][]byte) {
	t.Helper()
	v, err := Restore(fuzzApex, processKey, SetHash{}, names, hashed)
	if err != nil {
		return
	}
	checkOrder(t, v)
	records := 0
	txn, again := Begin(v), Replace(v.Apex(), nil)
	for rr := range v.All() {
		records++
		if n, err := owner.Len(rr.Owner); err != nil || n != len(rr.Owner) {
			t.Fatalf("%x is no name", rr.Owner)
		}
		if err := txn.Delete(rr); err != nil && !errors.Is(err, ErrAbsent) {
			t.Fatal(err)
		}
		if err := again.Add(rr); err != nil {
			t.Fatal(err)
		}
	}
	if records != v.Records() {
		t.Fatalf("%d records counted, %d there", v.Records(), records)
	}
	if _, _, err := txn.Commit(); err == nil {
		t.Fatal("a zone without SOA was committed")
	}
	if copied, _, err := again.Commit(); err == nil {
		v.SameContent(copied)
	}
}

// Begin and Replace keep the key of their base, so that hashes stay comparable; across keys content is compared.
func TestHashKeyStaysWithTheZone(t *testing.T) {
	v := varied(t, "example.")
	names, hashed := clonePages(v)
	key := new(HashKey)
	if _, err := rand.Read(key[:]); err != nil {
		t.Fatal(err)
	}
	under := SetHash{}
	hasher := setHasher{key: key}
	for _, c := range []Cursor{v.Cursor(), v.HashedCursor()} {
		for ok := c.First(); ok; ok = c.Next() {
			under.add(hasher.node(c.Node()))
		}
	}
	other, err := Restore(v.Apex(), key, under, names, hashed)
	if err != nil || other.SetHash() == v.SetHash() || !v.SameContent(other) || !other.SameContent(v) {
		t.Fatalf("the same content under two keys: %v", err)
	}
	for name, txn := range map[string]*Txn{"Begin": Begin(other), "Replace": Replace(other.Apex(), other)} {
		for rr := range other.All() {
			if txn.full != nil {
				txn.Add(rr)
			}
		}
		txn.Add(RR{owner.MustParse("new.example."), dns.TypeA, 60, []byte{192, 0, 2, 1}})
		next, _, err := txn.Commit()
		if err != nil || *next.HashKey() != *key || next.SameContent(v) || next.SameContent(other) {
			t.Errorf("%s: %v", name, err)
		}
		back := Begin(next)
		back.Delete(RR{owner.MustParse("new.example."), dns.TypeA, 60, []byte{192, 0, 2, 1}})
		if again, _, err := back.Commit(); err != nil || again.SetHash() != under {
			t.Errorf("%s: the hash is not that of the content: %v", name, err)
		}
	}
}

// Pages are checked in parts, in parallel; their order counts where parts meet, too.
func TestManyPagesAreRestoredOnlyInOrder(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	txn := Replace(fuzzApex, nil)
	txn.pageSize = 96
	list := []RR{soaRR("example.", 7)}
	for i := range 1500 {
		list = append(list, RR{owner.MustParse(fmt.Sprintf("n%d.example.", i)), dns.TypeA, 60, []byte{10, 0, byte(i >> 8), byte(i)}})
	}
	for _, rr := range list {
		if err := txn.Add(rr); err != nil {
			t.Fatal(err)
		}
	}
	v, _, err := txn.Commit()
	if err != nil {
		t.Fatal(err)
	}
	names, _ := clonePages(v)
	if len(names) < 3*inspected {
		t.Fatalf("%d pages", len(names))
	}
	again, err := Restore(fuzzApex.Clone(), v.HashKey(), v.SetHash(), names, nil)
	if err != nil || !slices.Equal(versionLines(v), versionLines(again)) || again.Records() != v.Records() ||
		again.Names() != v.Names() || again.Octets() != v.Octets() {
		t.Errorf("what was restored is not what was saved: %v", err)
	}
	for i := range len(names) - 1 {
		swapped := slices.Clone(names)
		swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
		twice := slices.Insert(slices.Clone(names), i, names[i])
		for what, pages := range map[string][][]byte{"swapped": swapped, "twice": twice} {
			if _, err := Restore(fuzzApex.Clone(), v.HashKey(), v.SetHash(), pages, nil); !errors.Is(err, ErrPage) {
				t.Fatalf("page %d %s: %v", i, what, err)
			}
		}
	}
}
