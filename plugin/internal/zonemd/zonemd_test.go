package zonemd

import (
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// parse makes a version of a zone file's text.
func parse(t *testing.T, apex, text string) *zone.Version {
	t.Helper()
	txn := zone.Replace(owner.MustParse(apex), nil)
	p := dns.NewZoneParser(strings.NewReader(text), apex, "")
	buf := make([]byte, 1<<16)
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		end, err := dns.PackRR(rr, buf, 0, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		for record, err := range zone.Records(buf[:end]) {
			if err == nil {
				err = txn.Add(record)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := p.Err(); err != nil {
		t.Fatal(err)
	}
	v, _, err := txn.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// simple is the zone of RFC 8976 §A.1.
const simple = `
example. 86400 IN SOA ns1.example. admin.example. 2018031900 1800 900 604800 86400
example. 86400 IN NS ns1.example.
example. 86400 IN NS ns2.example.
ns1.example. 3600 IN A 203.0.113.63
ns2.example. 3600 IN AAAA 2001:db8::63
`

const simpleDigest = "c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9a9713b3c9ae5cc27777f98b8e730044c"

func TestTheSimpleExampleZone(t *testing.T) {
	if got := hex.EncodeToString(Digest(parse(t, "example.", simple), sha512.New384())); got != simpleDigest {
		t.Errorf("got %s", got)
	}
}

func TestVerify(t *testing.T) {
	digest512 := hex.EncodeToString(Digest(parse(t, "example.", simple), sha512.New()))
	zeros := strings.Repeat("00", 48)
	for _, c := range []struct {
		name    string
		records []string // after the serial
		want    error
	}{
		{"none", nil, ErrAbsent},
		{"SHA-384", []string{"2018031900 1 1 " + simpleDigest}, nil},
		{"SHA-512", []string{"2018031900 1 2 " + digest512}, nil},
		{"both", []string{"2018031900 1 1 " + simpleDigest, "2018031900 1 2 " + digest512}, nil},
		{"one of two fits", []string{"2018031900 1 1 " + zeros, "2018031900 1 2 " + digest512}, nil},
		{"wrong", []string{"2018031900 1 1 " + zeros}, ErrWrong},
		{"too short", []string{"2018031900 1 1 " + simpleDigest[:24]}, ErrWrong},
		{"for another serial", []string{"2018031899 1 1 " + simpleDigest}, ErrWrong},
		{"two of one kind", []string{"2018031900 1 1 " + simpleDigest, "2018031900 1 1 " + zeros}, ErrWrong},
		{"two of one kind beside one that fits", []string{"2018031900 1 1 " + simpleDigest, "2018031900 1 1 " + zeros, "2018031900 1 2 " + digest512}, nil},
		{"unknown scheme", []string{"2018031900 240 1 " + zeros}, ErrUnsupported},
		{"unknown hash", []string{"2018031900 1 240 " + zeros}, ErrUnsupported},
		{"two of an unknown kind", []string{"2018031900 1 240 " + zeros, "2018031900 1 240 " + simpleDigest}, ErrUnsupported},
	} {
		text := simple
		for _, r := range c.records {
			text += "example. 86400 IN ZONEMD " + r + "\n"
		}
		if err := Verify(parse(t, "example.", text)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestEveryRecordCounts(t *testing.T) {
	base := hex.EncodeToString(Digest(parse(t, "example.", simple), sha512.New384()))
	for name, line := range map[string]string{
		"glue and what is occluded":  "sub.example. 60 IN NS a.b.sub.example.\na.b.sub.example. 60 IN A 192.0.2.1",
		"an RRSIG without its RRset": "x.example. 60 IN RRSIG A 8 2 60 20300101000000 20200101000000 1 example. AAAA",
		"an NSEC3":                   "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. 60 IN NSEC3 1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A",
		"ZONEMD below the apex":      "x.example. 60 IN ZONEMD 1 1 1 " + simpleDigest,
		"an unknown type":            "x.example. 60 IN TYPE65280 \\# 1 00",
	} {
		if hex.EncodeToString(Digest(parse(t, "example.", simple+line+"\n"), sha512.New384())) == base {
			t.Errorf("%s: makes no difference", name)
		}
	}
	same := "EXAMPLE. 86400 IN ZONEMD 1 1 1 " + simpleDigest + "\nexample. 60 IN RRSIG ZONEMD 8 1 60 20300101000000 20200101000000 1 example. AAAA\n"
	if hex.EncodeToString(Digest(parse(t, "example.", strings.ReplaceAll(simple, "ns1", "NS1")+same), sha512.New384())) != base {
		t.Error("the ZONEMD at the apex, its RRSIG, or upper case makes a difference")
	}
}
