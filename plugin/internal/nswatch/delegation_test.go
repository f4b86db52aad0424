package nswatch

import (
	"net/netip"
	"testing"
)

func TestDelegation(t *testing.T) {
	names := []string{first.Name, second.Name}
	glue := func(of ...Server) map[string][]netip.Addr {
		m := make(map[string][]netip.Addr)
		for _, s := range of {
			m[s.Name] = []netip.Addr{s.Addr.Addr()}
		}
		return m
	}
	for name, c := range map[string]struct {
		parent   *Parent
		ns, glue string
		critical bool
	}{
		"it could not be asked":   {nil, "?", "?", false},
		"it serves the zone, too": {&Parent{Zone: "org."}, "?", "?", false},
		"equal":                   {&Parent{NS: names, Glue: glue(first, second)}, "", "", false},
		"one less":                {&Parent{Zone: "org.", NS: names[:1], Glue: glue(first)}, "org. delegates to ns1.example.org., and the zone has ns1", "", false},
		"one more":                {&Parent{NS: append(names, "ns3.example.net.")}, "delegates to", "no address as glue", false},
		"none in common":          {&Parent{NS: []string{"a.example.net."}}, "delegates to", "", true},
		"no delegation at all":    {&Parent{NS: []string{}}, "delegates to nobody", "", true},
		"other glue":              {&Parent{NS: names, Glue: map[string][]netip.Addr{first.Name: glue(second)[second.Name], second.Name: glue(second)[second.Name]}}, "", "ns1.example.org. has 198.51.100.1 as glue, and 192.0.2.1 in the zone", false},
		"no glue":                 {&Parent{NS: names, Glue: glue(first)}, "", "ns2.example.org. has no address as glue", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := round(says(first, 7), says(second, 7))
			r.Parent = c.parent
			out := judged(r)
			at := Subject{Kind: Delegation, What: NS}
			want(t, out, at, c.ns)
			want(t, out, Subject{Kind: Delegation, What: Glue}, c.glue)
			if len(c.ns) > 1 && critical(t, out, at) != c.critical {
				t.Error("critical is", !c.critical)
			}
		})
	}
}

func TestShared(t *testing.T) {
	far := server("ns2.example.net.", "192.0.2.9")
	six := server("ns1.example.org.", "2001:db8:1::1")
	sixth := server("ns2.example.org.", "2001:db8:1:1::1")
	seventh := server("ns2.example.org.", "2001:db8:2::1")
	one := func(netip.Addr) uint32 { return 64500 }
	each := func(a netip.Addr) uint32 { return uint32(a.AsSlice()[0]) }
	half := func(a netip.Addr) uint32 {
		if a == first.Addr.Addr() {
			return 64500
		}
		return 0
	}
	for name, c := range map[string]struct {
		servers             []Server
		systems             Systems
		single, prefix, asn string
	}{
		"two networks":           {[]Server{first, second}, nil, "", "", "?"},
		"one network":            {[]Server{first, far}, nil, "", "one network, that of 192.0.2.1", "?"},
		"one nameserver":         {[]Server{first}, nil, "one nameserver, ns1.example.org.", "one network", "?"},
		"one /48":                {[]Server{six, sixth}, nil, "", "one network", "?"},
		"two of /48":             {[]Server{six, seventh}, nil, "", "", "?"},
		"two systems":            {[]Server{first, second}, each, "", "", ""},
		"one system":             {[]Server{first, second}, one, "", "", "all nameservers are in AS64500"},
		"of one it is not known": {[]Server{first, second}, half, "", "", "?"},
	} {
		t.Run(name, func(t *testing.T) {
			var seen []Seen
			for _, s := range c.servers {
				seen = append(seen, says(s, 7))
			}
			r := round(seen...)
			r.Systems = c.systems
			out := judged(r)
			for what, text := range map[string]string{Single: c.single, Prefix: c.prefix, ASN: c.asn} {
				want(t, out, Subject{Kind: Shared, What: what}, text)
				for _, f := range out.Findings {
					if f.Kind == Shared && f.Critical {
						t.Errorf("%s is critical", f.Text)
					}
				}
			}
		})
	}
}

// A nameserver whose addresses are not known may be elsewhere.
func TestANameserverWithoutAKnownAddressMayBeElsewhere(t *testing.T) {
	r := round(says(first, 7))
	r.NS = append(r.NS, "ns2.example.net.")
	out := judged(r)
	want(t, out, Subject{Kind: Shared, What: Prefix}, "?")
	want(t, out, Subject{Kind: Shared, What: Single}, "")
}
