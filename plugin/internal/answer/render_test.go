package answer

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/rdata"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// render loads one record at an owner name and renders it as an answer.
func render(tb testing.TB, name owner.Name, rrtype uint16, data []byte) (*zone.Version, dns.RR, bool) {
	tb.Helper()
	origin := owner.MustParse("test.")
	txn := zone.Replace(origin, nil)
	soa := stored(tb, mustRecords([]string{"test. 1 IN SOA ns.test. h.test. 1 2 3 4 5"})[0])
	if txn.Add(soa) != nil || txn.Add(zone.RR{Owner: name, Type: rrtype, TTL: 300, Data: data}) != nil {
		return nil, nil, false
	}
	v, _, err := txn.Commit()
	if err != nil {
		return nil, nil, false
	}
	key, _ := owner.AppendKey(nil, name, origin)
	node, ok := v.Get(key)
	if !ok {
		return nil, nil, false
	}
	set, ok := node.RRset(rrtype)
	if !ok {
		return nil, nil, false
	}
	rrs := AppendRRs(nil, Record{Owner: name, Set: set, TTL: set.TTL, Parts: Data})
	if len(rrs) != 1 {
		tb.Fatalf("%d records of one", len(rrs))
	}
	return v, rrs[0], true
}

// packed is the RDATA that the record has in a message.
func packed(tb testing.TB, rr dns.RR) (name, data []byte) {
	tb.Helper()
	wire := make([]byte, 66000)
	end, err := dns.PackRR(rr, wire, 0, nil, false)
	if err != nil {
		tb.Fatalf("%v: %v", rr, err)
	}
	n, err := owner.Len(wire)
	if err != nil {
		tb.Fatal(err)
	}
	if int(binary.BigEndian.Uint16(wire[n+8:])) != end-n-10 {
		tb.Fatal("RDLENGTH is wrong")
	}
	return wire[:n], wire[n+10 : end]
}

func FuzzRDATASurvivesRendering(f *testing.F) { // checklist 26
	for _, line := range []string{
		`x.test. 1 IN A 192.0.2.1`, `x.test. 1 IN AAAA ::ffff:192.0.2.1`, `x.test. 1 IN NS A.\046b\000.Test.`, `x.test. 1 IN MX 1 .`,
		`x.test. 1 IN TXT "a\"\\\000" "" "b"`, `x.test. 1 IN SRV 1 2 3 h.`, `x.test. 1 IN DS 1 13 2 AABB`, `x.test. 1 IN DNSKEY 256 3 13 AAAA`,
		`x.test. 1 IN NSEC a.test. A CAA TYPE65535`, `x.test. 1 IN SVCB 1 a.test. alpn=h2,h3 port=1 ipv4hint=192.0.2.1 key65000=x`,
		`x.test. 1 IN SOA a. b. 1 2 3 4 5`, `x.test. 1 IN CAA 0 issue "x"`, `x.test. 1 IN NAPTR 1 2 "a" "b" "c" d.`,
		`x.test. 1 IN LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m`, `x.test. 1 IN HINFO a b`, `x.test. 1 IN CNAME y.test.`,
		`x.test. 1 IN TLSA 3 1 1 AABB`, `x.test. 1 IN APL 1:192.0.2.0/24 !2:2001:db8::/32`, `x.test. 1 IN CSYNC 1 2 A NS`,
		`x.test. 1 IN IPSECKEY 1 1 2 192.0.2.1 AAAA`, `x.test. 1 IN EUI48 00-00-5e-00-53-2a`, `x.test. 1 IN URI 1 2 "x"`,
		`x.test. 1 IN NSEC3 1 1 12 AABB 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A`, `x.test. 1 IN TYPE65280 \# 3 010203`,
	} {
		rr := stored(f, mustRecords([]string{line})[0])
		f.Add(rr.Type, rr.Data, []byte("x"))
	}
	f.Add(dns.TypeNSEC, []byte{0, 0, 2, 1, 0}, []byte{0, '.', '\\', 'A'})
	f.Add(dns.TypeLOC, []byte{}, []byte("*"))
	f.Add(dns.TypeSVCB, []byte{0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0}, []byte("x"))
	f.Fuzz(func(t *testing.T, rrtype uint16, octets, label []byte) {
		if len(label) == 0 || len(label) > owner.MaxLabel || len(octets) > 65535 || rrtype == dns.TypeRRSIG || rrtype == dns.TypeSOA {
			t.Skip() // those have rules of their own in a zone; TestRDATAByteForByte has them
		}
		data, err := rdata.Expand(nil, octets, 0, len(octets), rrtype)
		if err != nil {
			t.Skip()
		}
		name := append(append(append(owner.Name{byte(len(label))}, label...), 4), "test\x00"...)
		_, rr, ok := render(t, name, rrtype, data)
		if !ok {
			t.Skip()
		}
		gotName, gotData := packed(t, rr)
		if !bytes.Equal(gotData, data) || rr.Header().Rrtype != rrtype {
			t.Errorf("%T: %x became %x", rr, data, gotData)
		}
		if !bytes.Equal(gotName, name) {
			t.Errorf("owner %x became %x", name, gotName)
		}
		_ = rr.String()
	})
}

func TestRDATAByteForByte(t *testing.T) { // checklist 25, 26
	for _, c := range []struct {
		name   string
		rrtype uint16
		octets string
		opaque bool
	}{
		{"an ordinary address", dns.TypeA, "c0000201", false},
		{"an SOA with case", dns.TypeSOA, "024e5300014800" + "0000000100000002000000030000000400000005", false},
		{"an RRSIG", dns.TypeRRSIG, "00010d02" + "0000012c" + "0000000200000001" + "0007" + "0454455374" + "00" + "aabbcc", false},
		{"an NSEC whose bitmap has trailing zeros", dns.TypeNSEC, "00" + "000240" + "00", true},
		{"an NSEC3 without types", dns.TypeNSEC3, "0100000a" + "00" + "02aabb", false},
		{"an NSEC3 whose next hash is empty", dns.TypeNSEC3, "0100000a" + "00" + "00", false},
		{"an SVCB whose keys are out of order", dns.TypeSVCB, "0001" + "00" + "00030002" + "0035" + "00010003" + "026832", true},
		{"a LOC of a version nobody knows", dns.TypeLOC, "01", true},
		{"a TXT that has escapes", dns.TypeTXT, "03" + "22005c", false},
		{"a type nobody knows", 65280, "00ff", true},
		{"a type nobody knows, empty", 65280, "", true},
		{"a known type, empty", dns.TypeAPL, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, err := hex.DecodeString(c.octets)
			if err != nil {
				t.Fatal(err)
			}
			rr := decode(dns.RR_Header{Name: "x.", Rrtype: c.rrtype, Class: dns.ClassINET}, data)
			if _, got := packed(t, rr); !bytes.Equal(got, data) {
				t.Errorf("%v has %x", rr, got)
			}
			if _, opaque := rr.(*dns.RFC3597); opaque != c.opaque {
				t.Errorf("%T", rr)
			}
		})
	}
}

// Later plugins change the records that they are given (dns64 and rewrite do).
func TestRenderedRecordsAreFreshCopies(t *testing.T) {
	v := signedZone(t, "example.", signedExample, signing{denial: dns.TypeNSEC3, salt: "AABB"})
	before := v.SetHash()
	for _, qname := range []string{"a.z.w.example.", "ai.example.", "missing.example.", "mc.a.example."} {
		for _, qtype := range []uint16{dns.TypeMX, dns.TypeAAAA, dns.TypeA} {
			first := ask(v, qname, qtype, true)
			text := first.String()
			for _, section := range [][]dns.RR{first.answer, first.authority, first.additional} {
				for _, rr := range section {
					spoil(rr)
				}
			}
			if again := ask(v, qname, qtype, true).String(); again != text {
				t.Errorf("what was done to an answer is in the next:\n%s\n%s", text, again)
			}
		}
	}
	if v.SetHash() != before {
		t.Error("the zone changed")
	}
}

func spoil(rr dns.RR) {
	rr.Header().Name, rr.Header().Ttl = "spoilt.", 1
	switch rr := rr.(type) {
	case *dns.A:
		clear(rr.A[:cap(rr.A)])
	case *dns.AAAA:
		clear(rr.AAAA[:cap(rr.AAAA)])
	case *dns.MX:
		rr.Mx = "spoilt."
	case *dns.NSEC3:
		clear(rr.TypeBitMap[:cap(rr.TypeBitMap)])
	case *dns.TXT:
		clear(rr.Txt[:cap(rr.Txt)])
	}
}
