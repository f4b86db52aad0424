package nswatch

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// parentAnswers is a server of org. that is its own resolver; how changes what it says of the zone.
func parentAnswers(t *testing.T, how func(m *dns.Msg)) *Resolver {
	t.Helper()
	own := authority(t, "org. 60 NS ns.org.", "ns.org. 60 A 127.0.0.1")
	at := listening(t, func(network string, q *dns.Msg) *dns.Msg {
		m := own(network, q)
		if q.Question[0].Name == apex {
			if q.RecursionDesired { // the resolver is asked for a zone cut there
				return m
			}
			how(m)
		}
		return m
	})
	return &Resolver{NewAsker(2, time.Second), []netip.AddrPort{at}}
}

func TestWhatTheParentSays(t *testing.T) {
	ns, glue := rr(t, "example.org. 60 NS NS1.example.org."), rr(t, "ns1.example.org. 60 A 192.0.2.1")
	ds := newSigner(t).key.ToDS(dns.SHA256)
	for name, c := range map[string]struct {
		how  func(m *dns.Msg)
		want string // the NS RRset, the glue, and how many DS records; or why there are none
	}{
		"a referral": {func(m *dns.Msg) {
			if m.Question[0].Qtype == dns.TypeDS {
				m.Answer = []dns.RR{ds}
				return
			}
			m.Authoritative, m.Ns, m.Extra = false, []dns.RR{ns}, append(m.Extra, glue)
		}, "[ns1.example.org.] map[ns1.example.org.:[192.0.2.1]] 1"},
		"it serves the zone, too": {func(m *dns.Msg) {
			if m.Question[0].Qtype == dns.TypeNS {
				m.Answer = []dns.RR{ns}
			}
		}, "[] map[] 0 true"},
		"no delegation":  {func(m *dns.Msg) { m.Rcode = dns.RcodeNameError }, "[] map[] 0"},
		"it refuses":     {func(m *dns.Msg) { m.Authoritative, m.Rcode = false, dns.RcodeRefused }, "ns.org. (127.0.0.1): REFUSED"},
		"an empty reply": {func(m *dns.Msg) { m.Authoritative = false }, "ns.org. (127.0.0.1): no nameserver of the parent refers to the zone"},
		"no word of a DS": {func(m *dns.Msg) {
			m.Authoritative, m.Ns = false, []dns.RR{ns}
		}, "ns.org. (127.0.0.1): not an answer to the question: the DS RRset"},
	} {
		t.Run(name, func(t *testing.T) {
			r := parentAnswers(t, c.how)
			p, err := r.Parent(context.Background(), apex, r.Addrs[0].Port())
			got := ""
			switch {
			case err != nil:
				got = err.Error()
			case p.Zone != "org.":
				t.Errorf("the parent is %s", p.Zone)
			default:
				got = fmt.Sprint(p.NS, p.Glue, len(p.DS))
				if p.NS == nil {
					got += " true"
				}
			}
			if got != c.want {
				t.Errorf("%q, not %q", got, c.want)
			}
		})
	}
}

// With no resolver, or none that answers, nothing is known.
func TestResolversThatDoNotAnswer(t *testing.T) {
	refuses := listening(t, func(_ string, q *dns.Msg) *dns.Msg { return new(dns.Msg).SetRcode(q, dns.RcodeRefused) })
	answers := listening(t, authority(t, "ns1.example.net. 60 A 192.0.2.1", "ns1.example.net. 60 AAAA 2001:db8::1"))
	for name, c := range map[string]struct {
		addrs []netip.AddrPort
		want  string
	}{
		"none":                   {nil, "[] no resolver answers"},
		"one that refuses":       {[]netip.AddrPort{refuses}, fmt.Sprintf("[] resolver %s: REFUSED", refuses)},
		"a second one that does": {[]netip.AddrPort{refuses, answers}, "[192.0.2.1 2001:db8::1] <nil>"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &Resolver{NewAsker(2, time.Second), c.addrs}
			list, err := r.Addresses(context.Background(), "ns1.example.net.")
			if got := fmt.Sprint(list, " ", err); got != c.want {
				t.Errorf("%q, not %q", got, c.want)
			}
		})
	}
	if _, err := (&Resolver{Asker: NewAsker(1, time.Second)}).Parent(context.Background(), ".", 53); err == nil {
		t.Error("the root has a parent")
	}
}
