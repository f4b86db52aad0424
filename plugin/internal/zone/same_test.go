package zone

import (
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

func TestRRsetsAreTheSameWhateverCoversThem(t *testing.T) {
	name := owner.MustParse("a.example.")
	a := func(last byte, ttl uint32) RR { return RR{name, dns.TypeA, ttl, []byte{192, 0, 2, last}} }
	sig := func(over byte) RR {
		return RR{name, dns.TypeRRSIG, 60, append([]byte{0, over}, make([]byte, 17)...)}
	}
	set := func(list ...RR) RRset {
		v := loadAll(t, append(list, soaRR("example.", 1)), nil)
		if n, ok := v.Get([]byte("a\x00")); ok {
			s, _ := n.RRset(dns.TypeA)
			return s
		}
		return RRset{}
	}
	for _, c := range []struct {
		name string
		set  RRset
		same bool
	}{
		{"the same records", set(a(2, 60), a(1, 60)), true},
		{"a signature more", set(a(1, 60), a(2, 60), sig(1)), true},
		{"another type beside them", set(a(1, 60), a(2, 60), RR{name, dns.TypeTXT, 60, []byte("\x01x")}), true},
		{"another TTL", set(a(1, 61), a(2, 61)), false},
		{"a record less", set(a(1, 60)), false},
		{"a record more", set(a(1, 60), a(2, 60), a(3, 60)), false},
		{"another record", set(a(1, 60), a(3, 60)), false},
		{"none", set(), false},
	} {
		if same := set(a(1, 60), a(2, 60)).SameRecords(c.set); same != c.same {
			t.Errorf("%s: %v", c.name, same)
		}
	}
}
