package oracle

import (
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// nsecs reads "owner next TYPE ..." lines below test.
func nsecs(t *testing.T, lines ...string) *nsecProof {
	t.Helper()
	d := &nsecProof{apex: labelsOf("test.")}
	for _, l := range lines {
		f := strings.Fields(l)
		r := nsecRecord{owner: labelsOf(f[0]), next: labelsOf(f[1])}
		for _, name := range f[2:] {
			r.types = append(r.types, dns.StringToType[name])
		}
		d.records = append(d.records, r)
	}
	return d
}

func TestNSECProof(t *testing.T) {
	apex := "test. a.test. NS SOA RRSIG NSEC DNSKEY"
	for name, c := range map[string]struct {
		records []string
		qname   string
		qtype   uint16 // none: NXDOMAIN is claimed
		proved  bool
	}{
		"a gap and the wildcard's gap":             {[]string{apex, "a.test. c.test. A"}, "b.test.", 0, true},
		"the wildcard's gap is missing":            {[]string{"a.test. c.test. A"}, "b.test.", 0, false},
		"the last record of the chain":             {[]string{apex, "c.test. test. A"}, "z.test.", 0, true},
		"below a cut its NSEC proves nothing":      {[]string{apex, "a.test. c.test. NS"}, "x.a.test.", 0, false},
		"below a DNAME its NSEC proves nothing":    {[]string{apex, "a.test. c.test. DNAME"}, "x.a.test.", 0, false},
		"an empty non-terminal exists":             {[]string{apex, "a.test. x.b.test. A"}, "b.test.", 0, false},
		"an empty non-terminal has no data":        {[]string{"a.test. x.b.test. A"}, "b.test.", dns.TypeA, true},
		"the bit is clear":                         {[]string{"b.test. c.test. TXT"}, "b.test.", dns.TypeA, true},
		"the bit is set":                           {[]string{"b.test. c.test. A"}, "b.test.", dns.TypeA, false},
		"CNAME is set":                             {[]string{"b.test. c.test. CNAME"}, "b.test.", dns.TypeA, false},
		"the parent's record denies DS":            {[]string{"b.test. c.test. NS"}, "b.test.", dns.TypeDS, true},
		"the parent's record denies nothing else":  {[]string{"b.test. c.test. NS"}, "b.test.", dns.TypeA, false},
		"the wildcard has no such type":            {[]string{"*.w.test. x.test. TXT"}, "b.w.test.", dns.TypeA, true},
		"the wildcard has the type":                {[]string{"*.w.test. x.test. A"}, "b.w.test.", dns.TypeA, false},
		"the wildcard is an empty non-terminal":    {[]string{"v.test. a.*.w.test. A", "a.*.w.test. x.test. A"}, "b.w.test.", dns.TypeA, true},
		"one NSEC does not show an empty wildcard": {[]string{"a.*.w.test. x.test. A"}, "b.w.test.", dns.TypeA, false},
		"a wildcard further up does not stand in":  {[]string{"*.test. a.test. TXT", "b.w.test. x.test. TXT"}, "c.w.test.", dns.TypeA, false},
		"nothing is proved by nothing":             {nil, "b.test.", dns.TypeA, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := nsecs(t, c.records...)
			err := d.nxdomain(labelsOf(c.qname))
			if c.qtype != 0 {
				err = d.nodata(labelsOf(c.qname), c.qtype)
			}
			if (err == nil) != c.proved {
				t.Errorf("proved=%t, want %t (%v)", err == nil, c.proved, err)
			}
		})
	}
}

// nsec3s makes a ring of all names given, and keeps the records of those that
// match or cover one of the names in proof.
func nsec3s(t *testing.T, optOut bool, ring map[string][]uint16, proof ...string) *nsec3Proof {
	t.Helper()
	all := &nsec3Proof{apex: labelsOf("test.")}
	for name, types := range ring {
		r := nsec3Record{types: types, optOut: optOut, salt: "aabb", iterations: 1}
		r.hash = r.of(labelsOf(name))
		all.records = append(all.records, r)
	}
	slices.SortFunc(all.records, func(a, b nsec3Record) int { return strings.Compare(a.hash, b.hash) })
	for i := range all.records {
		all.records[i].next = all.records[(i+1)%len(all.records)].hash
	}
	d := &nsec3Proof{apex: all.apex, exists: func(l labels) bool { return l.equal(labelsOf("hid.w.test.")) }}
	for _, name := range proof {
		r := all.match(labelsOf(name))
		if r == nil {
			r = all.cover(labelsOf(name))
		}
		if r == nil {
			t.Fatalf("the ring has nothing for %s", name)
		}
		d.records = append(d.records, *r)
	}
	return d
}

func TestNSEC3Proof(t *testing.T) {
	ring := map[string][]uint16{
		"test.":     {dns.TypeSOA, dns.TypeNS},
		"a.test.":   {dns.TypeA},
		"cut.test.": {dns.TypeNS},
		"w.test.":   nil,
		"*.w.test.": {dns.TypeTXT},
	}
	for name, c := range map[string]struct {
		optOut bool
		proof  []string
		qname  string
		qtype  uint16
		proved bool
	}{
		"closest encloser, next closer, wildcard":                  {false, []string{"test.", "b.test.", "*.test."}, "x.b.test.", 0, true},
		"the name exists":                                          {false, []string{"test.", "a.test.", "*.test."}, "a.test.", 0, false},
		"no closest encloser":                                      {false, []string{"b.test.", "*.test."}, "b.test.", 0, false},
		"the closest encloser is a cut":                            {false, []string{"cut.test.", "x.cut.test.", "*.cut.test."}, "x.cut.test.", 0, false},
		"a match without the bit":                                  {false, []string{"a.test."}, "a.test.", dns.TypeMX, true},
		"a match with the bit":                                     {false, []string{"a.test."}, "a.test.", dns.TypeA, false},
		"wildcard without the type":                                {false, []string{"w.test.", "b.w.test.", "*.w.test."}, "b.w.test.", dns.TypeA, true},
		"wildcard with the type":                                   {false, []string{"w.test.", "b.w.test.", "*.w.test."}, "b.w.test.", dns.TypeTXT, false},
		"an empty non-terminal hid, the wildcard above it shown":   {true, []string{"w.test.", "hid.w.test.", "*.w.test."}, "x.hid.w.test.", 0, true},
		"an empty non-terminal hid, the wildcard above it missing": {true, []string{"w.test.", "hid.w.test."}, "x.hid.w.test.", 0, false},
		"nothing is hidden without opt-out":                        {false, []string{"w.test.", "hid.w.test.", "*.w.test."}, "x.hid.w.test.", 0, false},
		"nothing is hidden, the wildcard applies":                  {true, []string{"w.test.", "b.w.test.", "*.w.test."}, "x.b.w.test.", 0, false},
		"no DS by opt-out":                                         {true, []string{"test.", "u.test."}, "u.test.", dns.TypeDS, true},
		"a gap without opt-out proves no missing DS":               {false, []string{"test.", "u.test."}, "u.test.", dns.TypeDS, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := nsec3s(t, c.optOut, ring, c.proof...)
			err := d.nxdomain(labelsOf(c.qname))
			if c.qtype != 0 {
				err = d.nodata(labelsOf(c.qname), c.qtype)
			}
			if (err == nil) != c.proved {
				t.Errorf("proved=%t, want %t (%v)", err == nil, c.proved, err)
			}
		})
	}
}
