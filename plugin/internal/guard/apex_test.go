package guard

import (
	"testing"

	"github.com/miekg/dns"
)

func TestNameServersThatAreReplaced(t *testing.T) {
	check(t, ApexNS, []ruleCase{
		{name: "the same", was: usual, is: usual},
		{name: "one is another", was: usual, is: "@ NS ns1\n@ NS ns3"},
		{name: "one of them is left, and its name in capitals", was: usual, is: "@ NS NS2\n@ NS a.other.\n@ NS b.other."},
		{
			name: "all are others", was: usual, is: "@ NS a.other.\n@ NS b.other.\n@ NS c.other.",
			verdict: Hold, reason: "has 3 NS at the apex, and none of the 2 before",
		},
		{
			name: "none is left", was: usual, is: "@ A 192.0.2.1",
			verdict: Hold, reason: "has 0 NS at the apex, and none of the 2 before",
		},
		{name: "there were none", was: "@ A 192.0.2.1", is: usual},
		{name: "those of a delegation do not matter", was: usual + "sub NS a", is: usual + "sub NS b"},
	})
}

func TestWhatTheOperatorRequires(t *testing.T) {
	demand := func(p *Policy) {
		p.Require = []uint16{dns.TypeMX, dns.TypeDNSKEY}
		p.Protect = []Protected{
			{name("www.example."), []uint16{dns.TypeA, dns.TypeAAAA}}, {name("WWW.Shop.example."), []uint16{dns.TypeA}},
			{name("www.other."), []uint16{dns.TypeMX}},
		}
	}
	const all = usual + "@ MX 10 mail\nwww A 192.0.2.1\nwww AAAA 2001:db8::1\nwww.shop A 192.0.2.1\n"
	check(t, Required, []ruleCase{
		{name: "all is there", was: all, is: all, policy: demand},
		{
			name: "all has other records", was: all, policy: demand,
			is: usual + "@ MX 20 relay\nwww A 192.0.2.9\nwww AAAA 2001:db8::9\nwww.shop A 192.0.2.9\n",
		},
		{
			name: "the MX is gone", was: all, policy: demand,
			is:      usual + "www A 192.0.2.1\nwww AAAA 2001:db8::1\nwww.shop A 192.0.2.1\nx MX 10 mail",
			verdict: Hold, reason: "has lost MX at example.",
		},
		{
			name: "a name is gone", was: all, is: usual + "@ MX 10 mail\nwww A 192.0.2.1\nwww AAAA 2001:db8::1\n",
			policy: demand, verdict: Hold, reason: "has lost A at WWW.Shop.example.",
		},
		{
			name: "a name has an RRset less", was: all, is: usual + "@ MX 10 mail\nwww A 192.0.2.1\nwww.shop A 192.0.2.1\n",
			policy: demand, verdict: Hold, reason: "has lost AAAA at www.example.",
		},
		{
			name: "several are gone", was: all, is: usual,
			policy: demand, verdict: Hold, reason: "has lost MX at example., and 3 more RRsets that it must have",
		},
		{name: "nothing was demanded", was: all, is: usual},
		{name: "it was not there before", was: usual, is: usual + "www A 192.0.2.1", policy: demand},
	})
}

func TestTimersThatMakeNoSense(t *testing.T) {
	soa := func(timers string) string { return usual + "@ SOA ns1 hostmaster 7 " + timers + "\n" }
	good := soa("7200 1800 1209600 3600")
	cases := []ruleCase{
		{name: "the usual ones", is: good},
		{name: "the shortest", is: soa("120 18 86400 0")},
		{name: "the longest", is: soa("432000 432000 24192000 864000")},
		{name: "expire is refresh and retry", is: soa("43200 43200 86400 60")},
		{
			name: "expire is less", is: soa("43200 43201 86400 60"),
			verdict: Warn, reason: "retry 43201 > refresh 43200, expire 86400 < refresh + retry 86401",
		},
		{
			name: "expire 0", is: soa("7200 1800 0 60"),
			verdict: Warn, reason: "expire 0, expire 0 < refresh + retry 9000",
		},
		{
			name: "refresh 0", is: soa("0 1800 1209600 60"),
			verdict: Warn, reason: "refresh 0, retry 1800 > refresh 0",
		},
		{
			name: "retry 0", is: soa("7200 0 1209600 60"),
			verdict: Warn, reason: "retry 0",
		},
		{
			name: "retry is longer than refresh", is: soa("1800 1801 1209600 60"),
			verdict: Warn, reason: "retry 1801 > refresh 1800",
		},
		{
			name: "refresh at every moment", is: soa("119 18 1209600 60"),
			verdict: Warn, reason: "refresh 119 < 120",
		},
		{
			name: "refresh once a week", is: soa("432001 1800 1209600 60"),
			verdict: Warn, reason: "refresh 432001 > 432000",
		},
		{
			name: "retry at every moment", is: soa("7200 17 1209600 60"),
			verdict: Warn, reason: "retry 17 < 18",
		},
		{
			name: "expire within a day", is: soa("7200 1800 86399 60"),
			verdict: Warn, reason: "expire 86399 < 86400",
		},
		{
			name: "expire never", is: soa("7200 1800 24192001 60"),
			verdict: Warn, reason: "expire 24192001 > 24192000",
		},
		{
			name: "minimum for ever", is: soa("7200 1800 1209600 864001"),
			verdict: Warn, reason: "minimum 864001 > 864000",
		},
	}
	for i, c := range cases {
		cases[i].was = usual
		if c.verdict == Warn {
			cases[i].reason = "has SOA timers that are wrong: " + c.reason
		}
	}
	check(t, SOATimers, append(cases,
		ruleCase{name: "they were so before", was: soa("7200 1800 0 60"), is: soa("7200 1800 0 60") + "www A 192.0.2.1"}))
	for _, c := range cases {
		first, _ := whole(t, nil, records(t, 1, c.is))
		f := findingOf(DefaultPolicy().Examine(&Change{Candidate: Candidate{Version: first}, Now: noon}), SOATimers)
		checkFinding(t, c.name+" (first version)", f, c.verdict, c.reason)
	}
}
