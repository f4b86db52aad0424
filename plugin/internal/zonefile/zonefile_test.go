package zonefile

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

var apex = owner.MustParse("example.org.")

const good = `$TTL 300
@ IN SOA ns hostmaster (
      7     ; serial
      3600 600 86400 300 )
@ NS ns
ns A 192.0.2.1
WWW 60 A 192.0.2.80
`

func read(text string) (*zone.Version, error) {
	return Read(strings.NewReader(text), "db.example.org", apex)
}

func TestAFileBecomesAVersion(t *testing.T) {
	v, err := read(good + "x TYPE65300 \\# 2 abcd\n$GENERATE 1-3 h$ A 192.0.2.$")
	if err != nil {
		t.Fatal(err)
	}
	if v.Serial() != 7 || v.Records() != 8 || v.ApexNS().Len() != 1 {
		t.Errorf("serial %s, %d records", v.Serial(), v.Records())
	}
	key, _ := owner.AppendKey(nil, owner.MustParse("www.example.org."), apex)
	node, ok := v.Get(key)
	set, _ := node.RRset(dns.TypeA)
	if !ok || set.TTL != 60 || string(set.First()) != "\xc0\x00\x02\x50" || node.Owner(nil, v.Apex()).String() != "WWW.example.org." {
		t.Errorf("www: %v %v", node, set)
	}
}

func TestAnErrorNamesTheFileAndTheLine(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"an empty file", "", "db.example.org:1: not a file of the zone: it has no records"},
		{"comments alone", "; nothing\n; here\n", "db.example.org:2: not a file of the zone: it has no records"},
		{"no SOA", "@ 300 NS ns\n", "db.example.org:1: not a file of the zone: zone does not have exactly one SOA"},
		{"two SOAs", good + "@ SOA ns other 8 3600 600 86400 300\n", "db.example.org:8: not a file of the zone: zone does not have exactly one SOA"},
		{"not a record", good + "x A nowhere\n", `at line: 8:`},
		{"an unknown type", good + "x NOTYPE y\n", `at line: 8:`},
		{"an include", good + "$INCLUDE /etc/passwd\n", "$INCLUDE directive not allowed"},
		{"the file of another zone", "$ORIGIN example.net.\n$TTL 300\n@ SOA ns h 1 1 1 1 1\n", "db.example.org:3: not a file of the zone: example.net. SOA: an SOA that is not at the apex"},
		{"a record of another zone", good + "www.example.net. A 192.0.2.1\n", "db.example.org:8: not a file of the zone: www.example.net. A: owner name is outside the zone"},
		{"that of another zone at the end", good + "\n\nwww.example.net. A 192.0.2.1", "db.example.org:10: "},
		{"a record over several lines", good + "www.example.net. TXT ( a\n b\n c )\n", "db.example.org:10: "},
		{"an SOA below the apex", good + "sub SOA ns h 1 1 1 1 1\n", "db.example.org:8: not a file of the zone: sub.example.org. SOA: an SOA that is not at the apex"},
		{"another class", good + "x CH TXT y\n", "db.example.org:8: not a file of the zone: x.example.org. TXT: not of class IN"},
		{"a type that is no data", good + "x TYPE255 \\# 0\n", "db.example.org:8: "},
		{"RDATA that are not of their type", good + "x TYPE1 \\# 3 abcdef\n", "8"},
		{"base64 that is none", good + "x DNSKEY 256 3 13 !!!!\n", "db.example.org:8: "},
	} {
		v, err := read(c.text)
		if err == nil || v != nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "db.example.org") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestAFileThatCannotBeReadToItsEndIsNoZone(t *testing.T) {
	broken := errors.New("disk on fire")
	in := io.MultiReader(strings.NewReader(good), iotest.ErrReader(broken))
	if _, err := Read(in, "db", apex); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// Whatever is in a file, it is refused, or all of its records are in the zone.
func FuzzRead(f *testing.F) {
	f.Add(good)
	f.Add(good + "x CH TXT y\n")
	f.Add(good + "$ORIGIN a.b\nx TYPE1 \\# 4 c0000201\n*.y 0 CNAME \\000\\..z.\n")
	f.Add("@ 1 SOA . . 1 1 1 1 1 ; comment\n@ 4294967295 NS .\n@ RRSIG A 13 2 300 20270101000000 20260101000000 1 . AAAA\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(strings.ToUpper(text), "$GENERATE") {
			return // a few octets make many records
		}
		v, err := read(text)
		if (v == nil) == (err == nil) {
			t.Fatal(v, err)
		}
		if v == nil {
			return
		}
		n := 0
		for rr := range v.All() {
			if !rr.Owner.IsBelowOrEqual(apex) {
				t.Fatalf("%s is outside", rr.Owner)
			}
			n++
		}
		if n != v.Records() || v.SOARecord().Type != dns.TypeSOA {
			t.Fatalf("%d of %d records", n, v.Records())
		}
	})
}
