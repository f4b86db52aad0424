package nsfailover_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// Records that lead to addresses: of a pool, of a nameserver that is a pool, and of one below a zone cut.
const doors = `@ 300 SOA ns hostmaster 7 3600 600 86400 30
@ 300 NS www
@ 300 NS ns.sub
@ 300 TXT "text"
@ 300 MX 10 www
@ 300 MX 20 other
_x._tcp 300 SRV 0 0 80 www
www 300 A 192.0.2.99
www 300 A 192.0.2.98
www 300 AAAA 2001:db8::99
other 300 A 192.0.2.7
sub 300 NS ns.sub
ns.sub 300 A 192.0.2.97
`

// withDoors is ours as a secondary of such a zone, with a second pool at the name below the cut.
func withDoors(t *testing.T, port int, pool ...string) *understudy.Server {
	t.Helper()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, doors)
	s := understudy.Start(t, understudy.Config{Corefile: corefile(fmt.Sprintf(
		"nsfailover pool ns.sub.example.org {\nprimary 127.0.7.1\ncheck tcp %d\n}\nsecondaryplus {\ntransfer from %s\n}", port, p.Addr()), pool...)})
	ask.WaitSerial(t, s.Addr(), zone, 7)
	return s
}

// addrsIn are the addresses at a name in a section, with their TTL.
func addrsIn(section []dns.RR, name string) string {
	var list []string
	for _, rr := range section {
		h := rr.Header()
		if !strings.EqualFold(h.Name, name) || h.Rrtype != dns.TypeA && h.Rrtype != dns.TypeAAAA {
			continue
		}
		list = append(list, fmt.Sprintf("%s/%d", dns.Field(rr, 1), h.Ttl))
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// A dead address of a pool is nowhere: not in an answer to ANY, and not beside other answers.
func TestADeadAddressLeavesByNoDoor(t *testing.T) {
	t.Parallel()
	b, port := backends(t, "127.0.7.1", "127.0.7.2")
	s := withDoors(t, port, "primary 127.0.7.1", "backup 127.0.7.2", fmt.Sprintf("check http http://www.example.org:%d/", port), quick, "ttl 5 20")
	const six = " 2001:db8::99/300" // the pool has no IPv6
	wantDoors := func(four string) {
		t.Helper()
		if m := ask.Ask(t, s.Addr(), www, dns.TypeANY); addrsIn(m.Answer, www) != four {
			t.Errorf("want %s: %v", four, m)
		}
		for _, q := range []dns.Question{
			{Name: zone, Qtype: dns.TypeMX}, {Name: "_x._tcp." + zone, Qtype: dns.TypeSRV}, {Name: zone, Qtype: dns.TypeNS},
			{Name: "other." + zone, Qtype: dns.TypeA}, {Name: zone, Qtype: dns.TypeTXT},
		} {
			if m := ask.Ask(t, s.Addr(), q.Name, q.Qtype); addrsIn(m.Extra, www) != four+six {
				t.Errorf("want %s: %v", four+six, m)
			}
		}
	}
	wantAddrs(t, s, www, "127.0.7.1")
	wantDoors("127.0.7.1/20")
	b[0].fail()
	wantAddrs(t, s, www, "127.0.7.2")
	wantDoors("127.0.7.2/5")
	if m := ask.Ask(t, s.Addr(), zone, dns.TypeMX); addrsIn(m.Extra, "other."+zone) != "192.0.2.7/300" {
		t.Errorf("%v", m)
	}
}

// Glue is that of the zone, in a referral and beside an answer.
func TestGlueIsNoPools(t *testing.T) {
	t.Parallel()
	_, port := backends(t, "127.0.7.1")
	s := withDoors(t, port, "primary 127.0.7.1", fmt.Sprintf("check tcp %d", port), quick)
	for _, name := range []string{"x.sub." + zone, zone} {
		if m := ask.Ask(t, s.Addr(), name, dns.TypeNS); addrsIn(m.Extra, "ns.sub."+zone) != "192.0.2.97/300" {
			t.Errorf("%v", m)
		}
	}
}

// Where a pool answers nothing, there is nothing beside other answers, and an answer to ANY says so.
func TestAPoolWithoutAddressesIsNotBeside(t *testing.T) {
	t.Parallel()
	for policy, rcode := range map[string]int{"empty": dns.RcodeSuccess, "servfail": dns.RcodeServerFailure} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			b, port := backends(t, "127.0.7.1")
			s := withDoors(t, port, "primary 127.0.7.1", fmt.Sprintf("check http http://www.example.org:%d/", port), quick, "ttl 5 20", "all_down "+policy)
			b[0].fail()
			s.WaitLog(t, `pool www\.example\.org\.: ALL DOWN`)
			if m := ask.Ask(t, s.Addr(), zone, dns.TypeMX); addrsIn(m.Extra, www) != "2001:db8::99/300" {
				t.Errorf("%v", m)
			}
			m := ask.Ask(t, s.Addr(), www, dns.TypeANY)
			if m.Rcode != rcode || len(m.Answer) != 0 {
				t.Errorf("%v", m)
			}
			if rcode == dns.RcodeSuccess && (len(m.Ns) != 1 || m.Ns[0].Header().Ttl != 5) {
				t.Errorf("%v", m)
			}
		})
	}
}

// Of addresses that are beside another answer, the one that is first is that of the next answer.
func TestWhatIsBesideTakesNoTurn(t *testing.T) {
	t.Parallel()
	_, port := backends(t, "127.0.7.1", "127.0.7.2")
	s := withDoors(t, port, "primary 127.0.7.1 127.0.7.2", fmt.Sprintf("check tcp %d", port), quick, "balance one")
	beside := addrsIn(ask.Ask(t, s.Addr(), zone, dns.TypeMX).Extra, www)
	x := addrsIn(ask.Ask(t, s.Addr(), www, dns.TypeA).Answer, www)
	ask.Ask(t, s.Addr(), zone, dns.TypeMX)
	y := addrsIn(ask.Ask(t, s.Addr(), www, dns.TypeA).Answer, www)
	if !strings.HasPrefix(beside, x) || x == y {
		t.Errorf("%s beside, then %s and %s", beside, x, y)
	}
}
