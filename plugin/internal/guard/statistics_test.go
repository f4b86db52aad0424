package guard

import (
	"reflect"
	"testing"
)

func TestAHistogramIsCarriedOn(t *testing.T) {
	var t1 tally
	for _, value := range []uint32{5, 5, 0, 9, 5, 7} {
		t1.add(value, 1)
	}
	first := t1.applied(nil)
	if want := (histogram{{0, 1}, {5, 3}, {7, 1}, {9, 1}}); !reflect.DeepEqual(first, want) || first.median() != 5 {
		t.Errorf("%v, median %d", first, first.median())
	}
	var t2 tally
	for value, n := range map[uint32]int32{0: -1, 5: -2, 6: 4, 7: 0, 9: -1, 12: 1} {
		t2.add(value, n)
	}
	second := t2.applied(first)
	if want := (histogram{{5, 1}, {6, 4}, {7, 1}, {12, 1}}); !reflect.DeepEqual(second, want) || second.median() != 6 {
		t.Errorf("%v, median %d", second, second.median())
	}
	if want := (histogram{{0, 1}, {5, 3}, {7, 1}, {9, 1}}); !reflect.DeepEqual(first, want) {
		t.Errorf("the first became %v", first)
	}
	var back tally
	back.add(6, 1)
	back.add(6, -1)
	if third := back.applied(second); &third[0] != &second[0] {
		t.Error("equal histograms do not share their memory")
	}
}

func TestTheMedianIsThatOfTheLowerHalf(t *testing.T) {
	for _, c := range []struct {
		h      histogram
		median uint32
	}{
		{nil, 0},
		{histogram{{7, 1}}, 7},
		{histogram{{1, 1}, {9, 1}}, 1},
		{histogram{{1, 1}, {9, 2}}, 9},
		{histogram{{1, 1 << 30}, {2, 1 << 30}, {3, 1 << 30}}, 2},
	} {
		if m := c.h.median(); m != c.median {
			t.Errorf("%v: %d", c.h, m)
		}
	}
}

func TestUsualTTLsStayAsTheyAre(t *testing.T) {
	for _, ttl := range []uint32{0, 1, 30, 60, 300, 900, 1023, 1800, 3600, 7200, 14400, 43200, 86400, 172800} {
		if r := roundTTL(ttl); r != ttl {
			t.Errorf("%d becomes %d", ttl, r)
		}
	}
	for _, ttl := range []uint32{1025, 12345, 604800, 99999999, 1<<31 - 1, 1<<32 - 1} {
		if r := roundTTL(ttl); r > ttl || uint64(ttl-r)*500 > uint64(ttl) {
			t.Errorf("%d becomes %d", ttl, r)
		}
	}
}

func TestSecureDelegationsAreCounted(t *testing.T) {
	const ds = " DS 1 8 1 0102030405060708091011121314151617181920\n"
	was := usual + "a NS ns\na" + ds + "b NS ns\nc" + ds + "@" + ds
	for way, c := range ways(t, records(t, 1, was), records(t, 2, usual+"b NS ns\nb"+ds+"c NS ns\nc"+ds+"@"+ds)) {
		if c.Before.Secure != 1 || c.After.Secure != 2 {
			t.Errorf("%s: %d, then %d", way, c.Before.Secure, c.After.Secure)
		}
	}
}

func TestStatisticsOfNothingAreThoseOfTheVersion(t *testing.T) {
	c := ways(t, records(t, 1, usual), records(t, 2, usual+"a A 192.0.2.1"))["IXFR"]
	var none *Statistics
	want := StatisticsOf(c.Version)
	for _, got := range []*Statistics{
		none.After(nil, c.Version, nil), none.After(c.Old, c.Version, c.Delta), c.Before.After(nil, c.Version, nil),
	} {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, not %+v", got, want)
		}
	}
}
