package interop_test

import (
	"fmt"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// notifier is who sends a NOTIFY, and what must become of it.
type notifier struct {
	name, from string
	key        *peer.Key
	rcode      int
	tcp        bool
}

// startListener is ours with the zone, from a scripted primary at 127.0.0.1.
func startListener(t *testing.T, p plan) (*primary.Primary, *understudy.Server) {
	t.Helper()
	p.zone.Name = zone
	from := primary.Start(t, primary.Config{Zone: zone, Key: p.key})
	from.Publish(t, hosts(zone, 1, 5))
	s := understudy.Start(t, understudy.Config{Corefile: p.corefile(from.Addr())})
	ask.WaitSerial(t, s.Addr(), zone, 1)
	return from, s
}

// send sends a NOTIFY for a serial that only it speaks of. Exactly those that
// are permitted make us ask the primary.
func (n notifier) send(t *testing.T, p *primary.Primary, s *understudy.Server, serial uint32) {
	t.Helper()
	asked := p.Count(primary.SOA) + p.Count(primary.IXFR)
	opts := []ask.Option{ask.From(n.from)}
	if n.tcp {
		opts = append(opts, ask.TCP())
	}
	permitted := n.rcode == dns.RcodeSuccess
	if permitted {
		p.Publish(t, hosts(zone, serial, 5))
	}
	m, err := ask.SendNotify(s.Addr(), zone, serial, n.key, opts...)
	if m == nil {
		t.Fatalf("%s: %v", n.name, err)
	}
	if m.Rcode != n.rcode || m.Opcode != dns.OpcodeNotify || !m.Response {
		t.Errorf("%s: answered %s, want %s: %v", n.name, dns.RcodeToString[m.Rcode], dns.RcodeToString[n.rcode], m)
	}
	if permitted {
		ask.WaitSerial(t, s.Addr(), zone, serial)
		return
	}
	if now := p.Count(primary.SOA) + p.Count(primary.IXFR); now != asked {
		t.Errorf("%s: %d queries went to the primary", n.name, now-asked)
	}
}

func TestNOTIFYRulesByAddressPrefixAndKey(t *testing.T) {
	t.Parallel()
	key, other := newKey("good.", "hmac-sha256"), newKey("other.", "hmac-sha512")
	stranger := newKey("stranger.", "hmac-sha256")
	p, s := startListener(t, plan{
		block: tsigLines([]*peer.Key{key, other}),
		properties: []string{
			"notify deny 127.0.1.7",
			"notify allow 127.0.1.0/24 127.0.2.2",
			"notify allow 127.0.3.0/24 key good.",
			"notify allow * key other",
		},
	})
	serial := uint32(1)
	for _, n := range []notifier{
		{"a primary needs no rule", "127.0.0.1", nil, dns.RcodeSuccess, false},
		{"a prefix allows", "127.0.1.5", nil, dns.RcodeSuccess, false},
		{"an earlier rule denies one of the prefix", "127.0.1.7", nil, dns.RcodeRefused, false},
		{"the second address of a rule", "127.0.2.2", nil, dns.RcodeSuccess, true},
		{"no rule for this address", "127.0.2.3", nil, dns.RcodeRefused, false},
		{"no rule for this address, over TCP", "127.0.2.3", nil, dns.RcodeRefused, true},
		{"the key that the rule wants", "127.0.3.9", key, dns.RcodeSuccess, false},
		{"no key where the rule wants one", "127.0.3.9", nil, dns.RcodeRefused, false},
		{"a key of another rule that allows it anywhere", "127.0.9.9", other, dns.RcodeSuccess, true},
		{"the key of another prefix", "127.0.9.9", key, dns.RcodeRefused, false},
		{"a key that is not known", "127.0.9.9", stranger, dns.RcodeNotAuth, false},
		{"a key that is not known, from a primary", "127.0.0.1", stranger, dns.RcodeNotAuth, false},
	} {
		serial++
		n.send(t, p, s, serial)
	}
	refused, _ := s.Metrics(t, "metrics").Value("coredns_secondaryplus_notifies_total", "zone="+zone, "result=refused")
	if refused != 5 {
		t.Errorf("%v NOTIFYs are counted as refused, want 5", refused)
	}
	s.WaitLog(t, fmt.Sprintf("%s: NOTIFY from 127.0.1.7 refused", zone))
}

// A socket for both families sees IPv4 clients at ::ffff:127.0.0.1.
func TestAnIPv4PrimaryIsKnownByAnIPv4MappedAddress(t *testing.T) {
	t.Parallel()
	p, s := startListener(t, plan{
		block: []string{"bind ::"}, properties: []string{"notify allow 127.0.5.0/24", "notify deny ::ffff:127.0.6.1"},
	})
	for serial, n := range []notifier{
		2: {"a primary over UDP", "127.0.0.1", nil, dns.RcodeSuccess, false},
		3: {"a primary over TCP", "127.0.0.1", nil, dns.RcodeSuccess, true},
		4: {"a prefix over UDP", "127.0.5.1", nil, dns.RcodeSuccess, false},
		5: {"a prefix over TCP", "127.0.5.1", nil, dns.RcodeSuccess, true},
		6: {"denied in the mapped form", "127.0.6.1", nil, dns.RcodeRefused, false},
	} {
		if n.name != "" {
			n.send(t, p, s, uint32(serial))
		}
	}
}
