package answer

import (
	"testing"

	"github.com/miekg/dns"
)

// The example of RFC 4592 §2.2.1.
const wildcardZone = `$TTL 3600
@               SOA ns.example.com. h.example.com. 1 2 3 4 900
@               NS  ns.example.com.
@               NS  ns.example.net.
*               TXT "this is a wildcard"
*               MX  10 host1
sub.*           TXT "this is not a wildcard"
host1           A   192.0.2.1
_ssh._tcp.host1 SRV 0 0 22 host1
_ssh._tcp.host2 SRV 0 0 22 host1
subdel          NS  ns.example.com.
subdel          NS  ns.example.net.
`

func TestWildcardsOfRFC4592(t *testing.T) {
	ns, soa := []string{"example. NS"}, []string{"example. SOA"}
	expect(t, parseZone(t, "example.", wildcardZone), []question{
		{name: "91 the wildcard answers for a name that does not exist", qname: "host3.example.", qtype: dns.TypeMX,
			answer: []string{"host3.example. MX"}, authority: ns, additional: []string{"host1.example. A"}},
		{name: "91 a type that the wildcard does not own is NODATA", qname: "host3.example.", qtype: dns.TypeA, authority: soa},
		{name: "91 the wildcard covers names of several labels", qname: "foo.bar.example.", qtype: dns.TypeTXT,
			answer: []string{"foo.bar.example. TXT"}, authority: ns},
		{name: "91 an existing name blocks the wildcard", qname: "host1.example.", qtype: dns.TypeMX, authority: soa},
		{name: "91 a name below the wildcard exists by itself", qname: "sub.*.example.", qtype: dns.TypeMX, authority: soa},
		{name: "91 an empty non-terminal blocks the wildcard above it", qname: "_telnet._tcp.host1.example.", qtype: dns.TypeSRV,
			rcode: dns.RcodeNameError, authority: soa},
		{name: "91 a zone cut blocks the wildcard", qname: "host.subdel.example.", qtype: dns.TypeA, referral: true,
			authority: []string{"subdel.example. NS"}},
		{name: "91 the wildcard does not cover names below itself", qname: "ghost.*.example.", qtype: dns.TypeMX,
			rcode: dns.RcodeNameError, authority: soa},
		{name: "91 an asterisk asked literally is an ordinary name", qname: "*.example.", qtype: dns.TypeTXT,
			answer: []string{"*.example. TXT"}, authority: ns},
		{name: "90 an empty non-terminal is NODATA", qname: "_tcp.host2.example.", qtype: dns.TypeMX, authority: soa},
		{name: "90 a name that is only an ancestor is NODATA", qname: "host2.example.", qtype: dns.TypeA, authority: soa},
	})
}
