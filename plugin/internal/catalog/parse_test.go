package catalog

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

const head = `
@ SOA invalid. invalid. 1 3600 600 86400 300
@ NS invalid.
`

const version2 = head + "version TXT \"2\"\n"

// version makes a version of catalog.example. from the text of a zone file.
func version(t testing.TB, text string) *zone.Version {
	t.Helper()
	txn := zone.Replace(owner.MustParse("catalog.example."), nil)
	parser := dns.NewZoneParser(strings.NewReader(text), "catalog.example.", "")
	parser.SetDefaultTTL(0)
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		if err := txn.Add(record(t, rr)); err != nil {
			t.Fatal(err)
		}
	}
	if err := parser.Err(); err != nil {
		t.Fatal(err)
	}
	v, _, err := txn.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func record(t testing.TB, rr dns.RR) zone.RR {
	t.Helper()
	wire := make([]byte, dns.Len(rr)+1)
	n, err := dns.PackRR(rr, wire, 0, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	name, _ := owner.Len(wire)
	return zone.RR{Owner: owner.Name(wire[:name]), Type: rr.Header().Rrtype, Data: wire[name+10 : n]}
}

// lines are the members in one line each, sorted.
func lines(c Catalog) string {
	var list []string
	for key, m := range c {
		line := fmt.Sprintf("%s=%s", m.Zone, m.ID)
		if key != string(m.Zone) {
			line += " under a wrong key"
		}
		if m.Groups != nil {
			line += fmt.Sprintf(" groups %q", m.Groups)
		}
		if m.NewOwner != "" {
			line += " to " + m.NewOwner
		}
		list = append(list, line)
	}
	slices.Sort(list)
	return strings.Join(list, "; ")
}

func TestACatalogIsRead(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no members", "", ""},
		{"three members", "a.zones PTR x.example.\nb.zones PTR y.example.\nc.zones PTR .", ".=c; x.example.=a; y.example.=b"},
		{"case does not matter", "VERSION2.ZONES PTR X.Example.", "x.example.=version2"},
		{"a label with a dot", `a\.b.zones PTR x.example.`, `x.example.=a\.b`},
		{"groups", "a.zones PTR x.example.\ngroup.a.zones TXT \"foo\"\ngroup.a.zones TXT \"operator-y\" \"Bar\"", `x.example.=a groups ["foo" "operator-y Bar"]`},
		{"coo", "a.zones PTR x.example.\nCoo.A.zones PTR Other.Example.", "x.example.=a to other.example."},
		{"one ID begins like another", "a.zones PTR x.example.\nab.zones PTR y.example.\ncoo.ab.zones PTR o.\ngroup.a.zones TXT g", `x.example.=a groups ["g"]; y.example.=ab to o.`},
		{"unknown properties", "a.zones PTR x.example.\nprimary.a.zones A 192.0.2.1\nx.ext.a.zones TXT y\ncoo.ext.a.zones PTR b.\ncoo.ext.a.zones PTR c.\nx.ext TXT z\nallow.a.zones PTR q.", "x.example.=a"},
		{"other types at known names", "a.zones PTR x.example.\na.zones TXT \"hello\"\ncoo.a.zones TXT \"c.\"\ngroup.a.zones PTR g.", "x.example.=a"},
		{"properties without a member", "a.zones PTR x.example.\ncoo.b.zones PTR o.\ngroup.b.zones TXT g\nb.zones TXT none", "x.example.=a"},
		{"PTR in other places", "zones PTR x.example.\na PTR y.example.\na.b.zones PTR z.example.\nzonesx PTR w.example.", ""},
		{"the version beside other types", "version A 192.0.2.1", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse(version(t, version2+c.text))
			if err != nil {
				t.Fatal(err)
			}
			if lines(got) != c.want {
				t.Errorf("got  %s\nwant %s", lines(got), c.want)
			}
		})
	}
}

func TestABrokenCatalogIsRefusedWithTheReason(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no version", head, "it has no version property"},
		{"a version that is no TXT", head + "version A 192.0.2.1", "it has no version property"},
		{"version 1", head + `version TXT "1"`, `its version is "1"`},
		{"two versions", head + "version TXT \"1\"\nversion TXT \"2\"", "it has 2 version properties"},
		{"version 2 in two strings", head + `version TXT "2" ""`, `its version is "2 "`},
		{"an empty version", head + `version TXT ""`, `its version is ""`},
		{"two PTR at a member node", version2 + "a.zones PTR x.example.\na.zones PTR y.example.", "the member node of a has 2 PTR records"},
		{"two coo", version2 + "a.zones PTR x.example.\ncoo.a.zones PTR c.\ncoo.a.zones PTR d.", "the coo property of a has 2 PTR records"},
		{"a zone listed twice", version2 + "a.zones PTR x.example.\nb.zones PTR y.example.\nc.zones PTR X.EXAMPLE.", "x.example. is listed twice, as a and c"},
		{"a zone listed twice in the end", version2 + "a.zones PTR x.example.\nb.zones PTR x.example.", "x.example. is listed twice, as a and b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse(version(t, c.text))
			if !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), c.want) || got != nil {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

// FuzzParse writes any records into a catalog. What is read from it must be what the records say.
func FuzzParse(f *testing.F) {
	f.Add([]byte("\x01a\x05zones"), dns.TypePTR, []byte("\x01x\x00"), []byte("\x03coo\x01a\x05zones"), []byte("\x01y\x00"))
	f.Add([]byte("\x01A\x05zones"), dns.TypePTR, []byte("\x01X\x00"), []byte("\x01b\x05zones"), []byte("\x01x\x00"))
	f.Add([]byte("\x05group\x01a\x05zones"), dns.TypeTXT, []byte("\x03foo\x09"), []byte("\x05zones"), []byte{})
	apex := owner.MustParse("catalog.example.")
	f.Fuzz(func(t *testing.T, name []byte, rrtype uint16, data, name2, data2 []byte) {
		txn := zone.Replace(apex, nil)
		soa := zone.RR{Owner: apex, Type: dns.TypeSOA, Data: make([]byte, 22)}
		schema := zone.RR{Owner: owner.MustParse("version.catalog.example."), Type: dns.TypeTXT, Data: []byte("\x012")}
		for _, rr := range []zone.RR{
			soa, schema,
			{Owner: append(slices.Clone(name), apex...), Type: rrtype, Data: data},
			{Owner: append(slices.Clone(name2), apex...), Type: dns.TypePTR, Data: data2},
		} {
			if n, err := owner.Len(rr.Owner); err != nil || n != len(rr.Owner) || txn.Add(rr) != nil {
				return
			}
		}
		v, _, err := txn.Commit()
		if err != nil {
			return
		}
		c, err := Parse(v)
		if err != nil {
			if !errors.Is(err, ErrBroken) || c != nil {
				t.Fatal(c, err)
			}
			return
		}
		for key, m := range c {
			if n, err := owner.Len(m.Zone); err != nil || n != len(m.Zone) || m.Zone.HasUpper() || key != string(m.Zone) || m.ID == "" {
				t.Fatalf("%x: %+v", key, m)
			}
		}
		first, _ := Members{}.Update(c, noon, false)
		if again, change := first.Update(c, noon, false); !change.IsZero() || again.Len() != len(c) {
			t.Fatalf("the same catalog again changed %+v", change)
		}
	})
}
