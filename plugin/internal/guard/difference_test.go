package guard

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/rdata"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

func TestWhatADifferenceCounts(t *testing.T) {
	const salted = "00000000000000000000000000000001 NSEC3 1 0 0 - 00000000000000000000000000000001 A\n"
	for _, c := range []struct {
		name    string
		was, is string
		want    Difference
	}{
		{"nothing", usual, usual, Difference{Names: 1, RRsets: 1}},
		{
			"a name of two types comes", usual, usual + "a A 192.0.2.1\na A 192.0.2.2\na AAAA 2001:db8::1",
			Difference{Names: 1, RRsets: 1, Added: 2, Types: []TypeDifference{{dns.TypeA, 0, 1, 0}, {dns.TypeAAAA, 0, 1, 0}}},
		},
		{
			"a name goes", usual + "a A 192.0.2.1\na TXT x", usual,
			Difference{Names: 2, NamesDeleted: 1, RRsets: 3, Deleted: 2,
				Types: []TypeDifference{{dns.TypeA, 1, 0, 0}, {dns.TypeTXT, 1, 0, 0}},
			},
		},
		{
			"an RRset has a record more", usual + "a A 192.0.2.1", usual + "a A 192.0.2.1\na A 192.0.2.2",
			Difference{Names: 2, RRsets: 2, Changed: 1, Types: []TypeDifference{{dns.TypeA, 0, 0, 1}}},
		},
		{
			"an RRset has another TTL", usual + "a A 192.0.2.1", usual + "a 60 A 192.0.2.1",
			Difference{Names: 2, RRsets: 2, Changed: 1, Types: []TypeDifference{{dns.TypeA, 0, 0, 1}}},
		},
		{
			"a type takes the place of another", usual + "a A 192.0.2.1", usual + "a CNAME b",
			Difference{Names: 2, RRsets: 2, Deleted: 1, Added: 1,
				Types: []TypeDifference{{dns.TypeA, 1, 0, 0}, {dns.TypeCNAME, 0, 1, 0}},
			},
		},
		{
			"signatures come and go", usual + "a A 192.0.2.1\nb A 192.0.2.1\n" + sigOver("a", "A", 1),
			usual + "a A 192.0.2.1\nb A 192.0.2.1\n" + sigOver("b", "A", 1),
			Difference{Names: 3, RRsets: 3, sigs: 1, strippedSigs: 1},
		},
		{"an NSEC comes", usual, usual + "@ NSEC a NS", Difference{Names: 1, RRsets: 1}},
		{"an NSEC goes", usual + "@ NSEC a NS", usual, Difference{Names: 1, RRsets: 1}},
		{"an NSEC3 goes", usual + salted, usual, Difference{Names: 1, RRsets: 1}},
		{
			"a name of NSEC3 is one of the zone too",
			usual + salted + "00000000000000000000000000000001 A 192.0.2.1", usual + salted,
			Difference{Names: 2, NamesDeleted: 1, RRsets: 2, Deleted: 1, Types: []TypeDifference{{dns.TypeA, 1, 0, 0}}},
		},
		{
			"the apex has nothing but the SOA left", usual, "a A 192.0.2.1",
			Difference{Names: 1, RRsets: 1, Deleted: 1, Added: 1,
				Types: []TypeDifference{{dns.TypeA, 0, 1, 0}, {dns.TypeNS, 1, 0, 0}},
			},
		},
	} {
		for way, change := range ways(t, records(t, 1, c.was), records(t, 2, c.is)) {
			got := *change.Difference()
			got.targets = 0
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s (%s): %+v", c.name, way, got)
			}
		}
	}
}

func TestADifferenceIsFoundOnce(t *testing.T) {
	c := ways(t, records(t, 1, usual), records(t, 2, usual+"a A 192.0.2.1"))["IXFR"]
	if first := c.Difference(); first != c.Difference() {
		t.Error("it was found twice")
	}
	first := &Change{Candidate: Candidate{Version: c.Version}}
	if d := first.Difference(); !reflect.DeepEqual(*d, Difference{}) {
		t.Errorf("a first version differs: %+v", d)
	}
}

func TestADeltaThatIsNoneIsOfNoUse(t *testing.T) {
	c := ways(t, records(t, 1, usual+"b A 192.0.2.1"), records(t, 2, usual+"a A 192.0.2.1"))["IXFR"]
	outside := zone.RR{Owner: name("a.other."), Type: dns.TypeA, Data: []byte("abcd")}
	for what, wire := range map[string][]byte{
		"cut off": c.Delta.Added[:len(c.Delta.Added)-1], "of another zone": outside.AppendWire(nil),
		"out of order": append(slices.Clone(c.Delta.Deleted), c.Delta.Added...),
	} {
		for _, d := range []*zone.Delta{{Added: wire}, {Deleted: wire}, {Added: wire, Deleted: c.Delta.Deleted}} {
			if changedPairs(c.Old, c.Version, d, func(pair) {}) {
				t.Errorf("a delta that is %s is of use", what)
			}
			change := &Change{Candidate: Candidate{Old: c.Old, Version: c.Version, Delta: d}}
			if !reflect.DeepEqual(change.Difference(), c.Difference()) {
				t.Errorf("with a delta that is %s the difference is %+v", what, change.Difference())
			}
		}
	}
}

// What is found by the delta, and by walking, is what comparing lists of records finds.
func TestDifferencesAndStatisticsOfRandomZones(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 9))
	for round := range 300 {
		was, is := randomZone(t, r, 1), randomZone(t, r, 2)
		if round%3 == 0 { // little is different
			is = append(records(t, 2, usual), was[3:]...)
			is = slices.Delete(is, 4, 4+r.IntN(5))
		}
		want := compared(was, is)
		for way, change := range ways(t, was, is) {
			got := change.Difference()
			if public := (Difference{
				Names: got.Names, NamesDeleted: got.NamesDeleted, RRsets: got.RRsets, Deleted: got.Deleted, Added: got.Added,
				Changed: got.Changed, Types: got.Types,
			}); !reflect.DeepEqual(public, want) {
				t.Fatalf("round %d, %s: %+v, not %+v", round, way, public, want)
			}
			if by := differenceOf(Candidate{Old: change.Old, Version: change.Version}); !reflect.DeepEqual(got, by) {
				t.Fatalf("round %d, %s: %+v, by walking %+v", round, way, got, by)
			}
			if there := StatisticsOf(change.Version); !reflect.DeepEqual(change.After, there) {
				t.Fatalf("round %d, %s: %+v is carried on, %+v is there", round, way, change.After, there)
			}
		}
	}
}

// randomZone has few enough names that those of two often meet.
func randomZone(t *testing.T, r *rand.Rand, serial uint32) []zone.RR {
	hosts := []string{"@", "a", "b", "B", "a.b", "*.b", "c", `\001`, "d", "e", "f.e", fmt.Sprintf("%032d", r.IntN(5))}
	ttls := []int{0, 5, 300, 3600, 86400, 1<<31 - 1}
	datas := []string{
		"A 192.0.2.%d", "A 192.0.2.%d", "TXT %d", "MX %d mail.example", "NS NS%d", "NS ns%d", "PTR p%d.example",
		"DS %d 8 2 0102030405060708091011121314151617181920212223242526272829303132", "NSEC a A ; %d",
	}
	var b strings.Builder
	b.WriteString(usual)
	for range 10 + r.IntN(60) {
		host, ttl, data := hosts[r.IntN(len(hosts))], ttls[r.IntN(len(ttls))], datas[r.IntN(len(datas))]
		fmt.Fprintf(&b, "%s %d "+data+"\n", host, ttl, r.IntN(4))
		if r.IntN(2) == 0 {
			b.WriteString(sigOver(host, strings.Fields(data)[0], r.IntN(500)-100))
		}
		if r.IntN(3) == 0 {
			at := r.IntN(8)
			b.WriteString(hashed(at, at+1))
		}
	}
	return records(t, serial, b.String())
}

// compared is the Difference of two lists of records.
func compared(was, is []zone.RR) Difference {
	type setKey struct {
		name   string
		rrtype uint16
	}
	type set struct {
		ttl  uint32
		data map[string]string // as it came first, by its canonical form
	}
	sets := func(list []zone.RR) (map[setKey]set, map[string]bool) {
		all, names := map[setKey]set{}, map[string]bool{}
		for _, rr := range list {
			key := setKey{string(owner.AppendLower(nil, rr.Owner)), rr.Type}
			if rr.Type != dns.TypeNSEC3 && (rr.Type != dns.TypeRRSIG || rdata.Covered(rr.Data) != dns.TypeNSEC3) {
				names[key.name] = true
			}
			switch rr.Type {
			case dns.TypeSOA, dns.TypeNSEC, dns.TypeNSEC3, dns.TypeRRSIG:
				continue
			}
			s, there := all[key]
			if !there {
				s = set{rr.TTL, map[string]string{}}
			}
			s.ttl = min(s.ttl, rr.TTL)
			if form := string(rdata.AppendCanonical(nil, rr.Data, rr.Type)); s.data[form] == "" {
				s.data[form] = string(rr.Data)
			}
			all[key] = s
		}
		return all, names
	}
	before, names := sets(was)
	after, _ := sets(is)
	d := Difference{Names: len(names), RRsets: len(before)}
	left := map[string]bool{"\x07example\x00": true}
	for key, s := range after {
		left[key.name] = true
		switch old, there := before[key]; {
		case !there:
			d.Added++
			d.of(key.rrtype).Added++
		case !reflect.DeepEqual(old, s):
			d.Changed++
			d.of(key.rrtype).Changed++
		}
	}
	gone := map[string]bool{}
	for key := range before {
		if _, there := after[key]; !there {
			d.Deleted++
			d.of(key.rrtype).Deleted++
		}
		if !left[key.name] {
			gone[key.name] = true
		}
	}
	d.NamesDeleted = len(gone)
	return d
}
