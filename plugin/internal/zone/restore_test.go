package zone

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
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

func FuzzRestore(f *testing.F) {
	names, hashed := clonePages(varied(f, "example."))
	for i, p := range names {
		if len(p) < 500 {
			f.Add(p, hashed[i%len(hashed)])
		}
	}
	first := names[0]
	f.Fuzz(func(t *testing.T, a, b []byte) {
		exercise(t, [][]byte{a}, nil)
		exercise(t, [][]byte{first, a}, [][]byte{b})
	})
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
			hasher.replace(&under, Node{}, c.Node())
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
