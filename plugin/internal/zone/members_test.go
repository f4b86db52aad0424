package zone

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

func manyA(n int) (list []RR) {
	for i := range n {
		list = append(list, RR{owner.MustParse("many.example."), dns.TypeA, 60, binary.BigEndian.AppendUint32(nil, uint32(i))})
	}
	return list
}

// A name with more records than fit into a page changes record by record like any other.
func TestALongRRsetChanges(t *testing.T) {
	all := shuffled(manyA(5 * longList))
	base := benchRecords(5)
	m := model{}
	v, _ := loadSmall(t, append(slices.Clone(base), all[:2*longList]...), nil)
	for rr := range v.All() {
		m.add(rr)
	}
	txn := Begin(v)
	step := func(add bool, list ...RR) {
		t.Helper()
		for _, rr := range list {
			apply := func(rr RR) error { return txn.Add(rr) }
			if !add {
				apply = txn.Delete
			}
			if err := apply(rr); err != nil {
				t.Fatalf("%s: %v", line(rr), err)
			}
			if add {
				m.add(rr)
			} else {
				m.delete(rr)
			}
		}
	}
	step(true, all[2*longList:]...)
	step(false, all[:longList]...)          // of those that were there
	step(false, all[4*longList:]...)        // of those that are new
	step(true, all[longList/2:longList]...) // that were there before
	step(true, all[2*longList], all[3*longList])
	for _, rr := range []RR{all[0], all[4*longList]} {
		if err := txn.Delete(rr); !errors.Is(err, ErrAbsent) {
			t.Errorf("deleted twice: %v", err)
		}
	}
	step(false, v.SOARecord())
	step(true, soaRR("example.", uint32(v.Serial())+1))
	next := mustCommit(t, txn, v, m)

	txn = Begin(next)
	for rr := range next.All() {
		if rr.Type == dns.TypeA && rr.Owner.String() == "many.example." {
			step(false, rr)
		}
	}
	step(false, next.SOARecord())
	step(true, soaRR("example.", uint32(next.Serial())+1))
	if n, _ := mustCommit(t, txn, next, m).Get([]byte("many\x00")); !n.IsZero() {
		t.Error("a name without records is there")
	}
}

// What is taken out and comes back in another spelling has that one, also in a long RRset.
func TestALongRRsetTakesASpelling(t *testing.T) {
	ns := func(i int, name string) RR {
		target := owner.MustParse(string(rune('a'+i/676)) + string(rune('a'+i/26%26)) + string(rune('a'+i%26)) + name)
		return RR{owner.MustParse("many.example."), dns.TypeNS, 60, target}
	}
	list := benchRecords(1)
	for i := range 2 * longList {
		list = append(list, ns(i, ".example."))
	}
	v, _ := loadSmall(t, list, nil)
	txn := Begin(v)
	for _, err := range []error{
		txn.Add(ns(3, ".EXAMPLE.")), // is there: nothing changes
		txn.Delete(ns(5, ".EXAMPLE.")), txn.Add(ns(5, ".EXAMPLE.")),
		txn.Delete(v.SOARecord()), txn.Add(soaRR("example.", 9)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	next, delta, err := txn.Commit()
	if err != nil || delta.Deletions != 1 || delta.Additions != 1 {
		t.Fatalf("%v, %+v", err, delta)
	}
	n, _ := next.Get([]byte("many\x00"))
	set, _ := n.RRset(dns.TypeNS)
	got := slices.Collect(set.Data())
	if len(got) != 2*longList || owner.Name(got[3]).String() != "aad.example." || owner.Name(got[5]).String() != "aaf.EXAMPLE." {
		t.Errorf("%d NS, %s, %s", len(got), owner.Name(got[3]), owner.Name(got[5]))
	}
}
