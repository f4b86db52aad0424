package guard

import (
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
	"github.com/understudy-dns/understudy/plugin/internal/zonemd"
)

func record(name string, rrtype uint16, data string) zone.RR {
	return zone.RR{Owner: owner.MustParse(name), Type: rrtype, Data: []byte(data)}
}

func alias(name, target string) zone.RR {
	return record(name, dns.TypeCNAME, string(owner.MustParse(target)))
}

// changed is a candidate that adds records to a zone.
func changed(t *testing.T, base *zone.Version, added ...zone.RR) Candidate {
	t.Helper()
	txn := zone.Begin(base)
	soa := base.SOARecord()
	next := append([]byte(nil), soa.Data...)
	binary.BigEndian.PutUint32(next[2:], uint32(base.Serial())+1)
	for _, err := range []error{txn.Delete(soa), txn.Add(zone.RR{Owner: soa.Owner, Type: soa.Type, Data: next})} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, rr := range added {
		if err := txn.Add(rr); err != nil {
			t.Fatal(err)
		}
	}
	v, delta, err := txn.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return Candidate{Old: base, Version: v, Delta: delta}
}

func TestD18AnAliasIsNothingElse(t *testing.T) {
	for _, c := range []struct {
		name    string
		records []zone.RR
		reason  string
	}{
		{"a lone CNAME", []zone.RR{alias("a.example.", "b.example.")}, ""},
		{"the same CNAME twice", []zone.RR{alias("a.example.", "b.example."), alias("a.example.", "b.example.")}, ""},
		{"an A beside it", []zone.RR{alias("a.example.", "b.example."), record("a.example.", dns.TypeA, "abcd")}, "A beside a CNAME at a.example."},
		{"the A of another spelling", []zone.RR{alias("a.example.", "b.example."), record("A.example.", dns.TypeA, "abcd")}, "beside a CNAME"},
		{"two CNAMEs", []zone.RR{alias("a.example.", "b.example."), alias("a.example.", "c.example.")}, "2 CNAMEs at a.example."},
		{"an unknown type beside it", []zone.RR{alias("a.example.", "b.example."), record("a.example.", 65280, "x")}, "TYPE65280 beside"},
		{"an NSEC beside it", []zone.RR{alias("a.example.", "b.example."), record("a.example.", dns.TypeNSEC, "\x00\x00\x01\x40")}, ""},
		{"a CNAME at the apex", []zone.RR{alias("example.", "b.example.")}, "beside a CNAME at example."},
		{"a DNAME beside others", []zone.RR{record("a.example.", dns.TypeDNAME, "\x00"), record("a.example.", dns.TypeA, "abcd")}, ""},
		{"two DNAMEs", []zone.RR{record("a.example.", dns.TypeDNAME, "\x00"), record("a.example.", dns.TypeDNAME, "\x01b\x00")}, "2 DNAMEs"},
	} {
		whole := Candidate{Version: version(t, 2, append(c.records, ns("example."))...)}
		for how, candidate := range map[string]Candidate{"whole": whole, "delta": changed(t, version(t, 1, ns("example.")), c.records...)} {
			err := judge(candidate)
			if (c.reason == "") != (err == nil) {
				t.Errorf("%s (%s): %v", c.name, how, err)
				continue
			}
			if err != nil && (!errors.Is(err, ErrRejected) || !strings.Contains(err.Error(), c.reason)) {
				t.Errorf("%s (%s): %v", c.name, how, err)
			}
		}
	}
}

// What was beside the CNAME before is not in the delta.
func TestD18ADeltaIsJudgedWithWhatWasThere(t *testing.T) {
	base := version(t, 1, ns("example."), record("a.example.", dns.TypeA, "abcd"))
	if err := judge(changed(t, base, alias("a.example.", "b.example."))); err == nil {
		t.Error("a CNAME came beside an A")
	}
}

func TestAZoneDoesNotOutgrowItsLimits(t *testing.T) {
	v := version(t, 1, ns("example."), record("a.example.", dns.TypeA, "abcd")) // three records
	for _, c := range []struct {
		rules Rules
		ok    bool
	}{
		{Rules{}, true}, {Rules{Records: 3}, true}, {Rules{Records: 2}, false},
		{Rules{Octets: v.Octets()}, true}, {Rules{Octets: v.Octets() - 1}, false},
	} {
		if err := c.rules.Judge(Candidate{Version: v}); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.rules, err)
		}
	}
}

func TestAnOperatorMayForceAnOlderSerialAndNothingElse(t *testing.T) {
	old := version(t, 5, ns("example."))
	if err := judge(Candidate{Old: old, Version: version(t, 4, ns("example.")), Forced: true}); err != nil {
		t.Error(err)
	}
	if err := judge(Candidate{Old: old, Version: version(t, 6), Forced: true}); err == nil {
		t.Error("a zone without NS was forced")
	}
}

func TestZONEMDModes(t *testing.T) {
	plain := version(t, 1, ns("example."))
	right := zonemd.Digest(plain, sha512.New384())
	with := func(digest []byte, scheme byte) *zone.Version {
		data := append([]byte{0, 0, 0, 1, scheme, 1}, digest...)
		return version(t, 1, ns("example."), record("example.", dns.TypeZONEMD, string(data)))
	}
	wrong := append([]byte(nil), right...)
	wrong[0]++
	for _, c := range []struct {
		name    string
		v       *zone.Version
		allowed map[Mode]bool
	}{
		{"none", plain, map[Mode]bool{Off: true, Verify: true}},
		{"right", with(right, 1), map[Mode]bool{Off: true, Verify: true, Require: true}},
		{"wrong", with(wrong, 1), map[Mode]bool{Off: true}},
		{"of an unknown scheme", with(wrong, 240), map[Mode]bool{Off: true, Verify: true}},
	} {
		for _, mode := range []Mode{Off, Verify, Require} {
			err := Rules{ZONEMD: mode}.Judge(Candidate{Version: c.v})
			if (err == nil) != c.allowed[mode] || err != nil && !errors.Is(err, ErrDigest) {
				t.Errorf("%s, mode %d: %v", c.name, mode, err)
			}
		}
	}
}
