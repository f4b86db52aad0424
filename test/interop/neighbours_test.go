package interop_test

import (
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/understudy"
)

// Other plugins in the same server block.

const beside = `$ORIGIN example.org.
$TTL 3600
@ SOA ns1 hostmaster SERIAL 3600 600 86400 300
@ NS ns1
ns1 A 192.0.2.1
www A 192.0.2.80
alias CNAME www.example.net.
nowhere CNAME nope.example.net.
outside CNAME www.example.com.
`

func atSerial(serial, address string) string {
	return strings.NewReplacer("SERIAL", serial, "192.0.2.80", address).Replace(beside)
}

func TestTheCacheDoesNotHoldBackAChange(t *testing.T) {
	t.Parallel()
	w := plan{
		kind:  peer.Knot,
		zone:  peer.Zone{Text: atSerial("1", "192.0.2.80")},
		block: []string{"cache 3600"},
	}.start(t)
	address := func() string {
		m := ask.Ask(t, w.ours.Addr(), "www.example.org.", dns.TypeA)
		return m.Answer[0].(*dns.A).A.String()
	}
	if got := address(); got != "192.0.2.80" {
		t.Fatal(got)
	}
	w.change(t, atSerial("2", "192.0.2.81"))
	if got := address(); got != "192.0.2.81" {
		t.Errorf("the new version is served, and www still is %s", got)
	}
}

func TestNamesThatDoNotExistFallThroughAndNothingElseDoes(t *testing.T) {
	t.Parallel()
	w := plan{
		kind:       peer.Knot,
		zone:       peer.Zone{Text: atSerial("1", "192.0.2.80")},
		properties: []string{"fallthrough"},
		block:      []string{"whoami"},
	}.start(t)
	for _, c := range []struct {
		name  string
		qname string
		qtype uint16
		ours  bool
	}{
		{"a name that does not exist", "nope.example.org.", dns.TypeA, false},
		{"a name that exists", "www.example.org.", dns.TypeA, true},
		{"a type that does not exist", "www.example.org.", dns.TypeMX, true},
	} {
		m := ask.Ask(t, w.ours.Addr(), c.qname, c.qtype)
		whoami := len(m.Extra) > 0 && len(m.Answer) == 0 && len(m.Ns) == 0
		if m.Rcode != dns.RcodeSuccess || whoami == c.ours {
			t.Errorf("%s: %v", c.name, m)
		}
	}
}

// RFC 6604 §3, and as *file* does: an alias is followed into another zone of the server.
func TestAnAliasIsFollowedIntoAnotherZoneOfTheServer(t *testing.T) {
	t.Parallel()
	peer.Require(t, peer.Knot)
	net := strings.ReplaceAll(atSerial("1", "198.51.100.80"), "example.org", "example.net")
	p := peer.Start(t, peer.Knot, peer.Config{Zones: []peer.Zone{
		{Name: "example.org.", Text: atSerial("1", "192.0.2.80")}, {Name: "example.net.", Text: net},
	}})
	from := []string{"transfer from " + p.Addr()}
	s := understudy.Start(t, understudy.Config{Corefile: blockOf("example.org", []string{stanzaOf("", from)}) +
		strings.ReplaceAll(blockOf("example.net", []string{stanzaOf("", from)}), "prometheus 127.0.0.1:{{port:metrics}}", "")})
	ask.WaitSerial(t, s.Addr(), "example.org.", 1)
	ask.WaitSerial(t, s.Addr(), "example.net.", 1)
	for _, c := range []struct {
		qname   string
		rcode   int
		answers int
	}{
		{"alias.example.org.", dns.RcodeSuccess, 2},
		{"nowhere.example.org.", dns.RcodeNameError, 1},
		{"outside.example.org.", dns.RcodeSuccess, 1},
	} {
		m := ask.Ask(t, s.Addr(), c.qname, dns.TypeA)
		if m.Rcode != c.rcode || len(m.Answer) != c.answers || !m.Authoritative {
			t.Errorf("%s: %v", c.qname, m)
		}
	}
}
