package secondaryplus

import (
	"fmt"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/plugin/internal/catalog"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

func TestWhatACatalogAdmits(t *testing.T) {
	for _, c := range []struct{ lines, admitted, refused string }{
		{"catalog", ". a.example. 2.0.192.in-addr.arpa.", ""},
		{"catalog Example.org 10.0.0.0/8", "example.org. a.b.EXAMPLE.org. 1.10.in-addr.arpa.", ". org. xexample.org. 11.in-addr.arpa."},
		{"catalog example.org\n catalog example.net", "example.org. a.example.net.", "example.com."},
		{"catalog example.org\n catalog", "example.com.", ""},
		{"catalog\n catalog example.org", "example.com.", ""},
		{"catalog .", "example.com. .", ""},
	} {
		configs, err := parseText(t, "secondaryplus catalog.example {\n transfer from 192.0.2.1\n "+c.lines+"\n}")
		if err != nil {
			t.Errorf("%s: %v", c.lines, err)
			continue
		}
		for admits, names := range map[bool]string{true: c.admitted, false: c.refused} {
			for _, name := range strings.Fields(names) {
				if configs[0].catalog.admits(owner.MustParse(name)) != admits {
					t.Errorf("%s: %s: admitted is not %v", c.lines, name, admits)
				}
			}
		}
	}
	if configs, err := parseText(t, "secondaryplus {\n transfer from 192.0.2.1\n}"); err != nil || configs[0].catalog != nil {
		t.Errorf("a catalog without being told: %v", err)
	}
}

func TestGroupsHavePrimaries(t *testing.T) {
	configs, err := parseText(t, `secondaryplus catalog.example {
		transfer from 192.0.2.1
		catalog
		group near transfer from 192.0.2.2
		group "far away" transfer from 192.0.2.3:54 key key.example.
		group near transfer from 192.0.2.4
		ixfr off
	}`)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPlugin(configs)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		groups []string
		want   string
		known  bool
	}{
		{nil, "192.0.2.1:53", true},
		{[]string{"near"}, "192.0.2.2:53 192.0.2.4:53", true},
		{[]string{"far away"}, "192.0.2.3:54 key.example. (hmac-sha256)", true},
		{[]string{"far away", "near"}, "192.0.2.2:53 192.0.2.4:53", true}, // near comes first in the Corefile
		{[]string{"Near"}, "192.0.2.1:53", false},
		{[]string{"other", "near"}, "192.0.2.2:53 192.0.2.4:53", true},
	} {
		v, known := p.order[0].variant(catalog.Member{Groups: c.groups})
		var got []string
		for i, primary := range v.refresh.Primaries {
			if got = append(got, primary.Addr.String()); primary.Key != nil {
				got = append(got, primary.Key.String())
			}
			if v.config.primaries[i] != primary || v.refresh.IXFR {
				t.Errorf("%q: the two configurations differ: %+v", c.groups, v)
			}
		}
		if strings.Join(got, " ") != c.want || known != c.known {
			t.Errorf("%q: %v, known %v", c.groups, got, known)
		}
	}
}

func TestCatalogErrorsSayWhatAndWhere(t *testing.T) {
	const form = "a group is given as 'group NAME transfer from ADDRESS... [key NAME [ALGORITHM]]'"
	for _, c := range []struct{ name, body, want string }{
		{"a member zone that is no name", "catalog a..b", `not a zone name among ["a..b"]`},
		{"a group without a catalog", "group g transfer from 192.0.2.1", "line 1 has a 'group', and no 'catalog'"},
		{"a group of nothing", "catalog\n group", form},
		{"a group without primaries", "catalog\n group g transfer from", form},
		{"a group with another property", "catalog\n group g notify allow 192.0.2.1", form},
		{"a group that is transferred to", "catalog\n group g transfer to 192.0.2.1", form},
		{"a group with a name as its primary", "catalog\n group g transfer from ns1", "a primary is an IP address with or without a port, not 'ns1'"},
		{"a group with only a key", "catalog\n group g transfer from key k", "Wrong argument count"},
		{"a group with an unknown key", "catalog\n group g transfer from 192.0.2.1 key k", "key 'k.' is not defined"},
		{"a primary twice in a group", "catalog\n group g transfer from 192.0.2.1\n group g transfer from 192.0.2.1 key key.example.", "is given twice, with different keys"},
	} {
		_, err := parseText(t, fmt.Sprintf("secondaryplus catalog.example {\n transfer from 192.0.2.1\n %s\n}", c.body))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "Testfile:") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
