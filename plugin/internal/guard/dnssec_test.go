package guard

import (
	"fmt"
	"testing"
	"time"

	"github.com/miekg/dns"
)

const key = "@ DNSKEY 257 3 8 AwEAAQ==\n"

// signed is a zone with a DNSKEY and RRSIGs at the apex and over as many hosts.
func signed(hosts int) string {
	return usual + key + sigOver("@", "SOA", 72) + sigOver("@", "NS", 72) + sigOver("@", "DNSKEY", 72) +
		lines(0, hosts, "h%d A 192.0.2.1") + lines(0, hosts, sigOver("h%d", "A", 72))
}

func TestAZoneThatWasSigned(t *testing.T) {
	const host = "h%d A 192.0.2.1"
	top := signed(0)
	hosts := lines(0, 7, host) // with three RRSIGs at the apex, that is ten
	other := func(format string) string { return sigOver(format, "A", 96) }
	cases := []ruleCase{
		{name: "it still is", was: signed(7), is: signed(7) + "new A 192.0.2.1"},
		{name: "it is signed again", was: signed(7), is: top + hosts + lines(0, 7, other("h%d"))},
		{
			name: "nothing of it is left", was: signed(7), is: usual + hosts,
			verdict: Hold, reason: "has no DNSKEY, and 0 of 10 RRSIGs",
		},
		{
			name: "the RRSIGs are left", was: signed(7), verdict: Hold, reason: "has no DNSKEY, and 9 of 10 RRSIGs",
			is: usual + sigOver("@", "SOA", 72) + sigOver("@", "NS", 72) + hosts + lines(0, 7, sigOver("h%d", "A", 72)),
		},
		{
			name: "the DNSKEY is left", was: signed(7), is: usual + key + hosts,
			verdict: Hold, reason: "has no RRSIG over the SOA, and 0 of 10 RRSIGs",
		},
		{name: "half of the RRSIGs are left", was: signed(7), is: top + hosts + lines(0, 2, sigOver("h%d", "A", 72))},
		{
			name: "less than half are left", was: signed(7), is: top + hosts + lines(0, 1, sigOver("h%d", "A", 72)),
			verdict: Hold, reason: "has lost 6 of 10 RRSIGs (60.0 %) over RRsets that stay, limit 50 %",
		},
		{
			name: "those that go with what they cover are no part of it", was: signed(50), is: top + hosts,
			verdict: Hold, reason: "has lost 7 of 10 RRSIGs (70.0 %) over RRsets that stay, limit 50 %",
		},
		{name: "they go with what they cover", was: signed(50), is: signed(1)},
		{
			name: "one of two over everything is left", is: top + hosts + lines(0, 7, sigOver("h%d", "A", 72)),
			was: top + sigOver("@", "SOA", 73) + hosts + lines(0, 7, sigOver("h%d", "A", 72)) + lines(0, 7, other("h%d")) +
				lines(0, 7, sigOver("h%d", "A", 97)),
		},
		{
			name: "those over NSEC3 count", was: top + hashed(0, 7), verdict: Hold, reason: "has lost 7 of 10 RRSIGs (70.0 %)",
			is: top + lines(0, 7, "%032d NSEC3 1 0 0 - 00000000000000000000000000000001 A RRSIG"),
		},
		{name: "it has another salt", was: top + hashed(0, 100), is: top + hashed(100, 102)},
		{name: "it never was", was: usual + hosts, is: usual},
		{name: "it had DNSKEY and no RRSIGs", was: usual + key, is: usual},
		{name: "it had RRSIGs and no DNSKEY", was: usual + hosts + sigOver("@", "NS", 72), is: usual + hosts},
	}
	check(t, Unsigned, cases)
}

func TestDelegationsThatLoseTheirDS(t *testing.T) {
	const ds = "d%d NS ns.other.\nd%d DS 12345 8 2 0102030405060708091011121314151617181920212223242526272829303132\n"
	secured := func(from, to int) (text string) {
		for i := from; i < to; i++ {
			text += fmt.Sprintf(ds, i, i)
		}
		return usual + text
	}
	plain := func(from, to int) string { return lines(from, to, "d%d NS ns.other.") }
	check(t, DSLost, []ruleCase{
		{name: "two of two", was: secured(0, 2), is: usual + plain(0, 2)},
		{
			name: "three of three", was: secured(0, 3), is: usual + plain(0, 3),
			verdict: Hold, reason: "takes the DS from 3 of 3 delegations (100.0 %), limit 10 %",
		},
		{
			name: "three of thirty", was: secured(0, 30), is: secured(3, 30) + plain(0, 3),
			verdict: Warn, reason: "takes the DS from 3 of 30 delegations (10.0 %), limit 10 %",
		},
		{
			name: "four of thirty", was: secured(0, 30), is: secured(4, 30) + plain(0, 4),
			verdict: Hold, reason: "takes the DS from 4 of 30 delegations (13.3 %)",
		},
		{
			name: "three of three hundred", was: secured(0, 300), is: secured(3, 300) + plain(0, 3),
			verdict: Warn, reason: "takes the DS from 3 of 300 delegations (1.0 %)",
		},
		{name: "and one", was: secured(0, 301), is: secured(3, 301) + plain(0, 3)},
		{name: "delegations go", was: secured(0, 30), is: secured(20, 30)},
		{
			name: "delegations become names of the zone", was: secured(0, 30),
			is: secured(20, 30) + lines(0, 20, "d%d A 192.0.2.1"),
		},
		{name: "delegations have other DS", was: secured(0, 3), is: usual + plain(0, 3) + lines(0, 3, "d%d DS 12345 8 2 "+
			"0102030405060708091011121314151617181920212223242526272829303199")},
		{
			name: "DS at the apex are no delegation",
			was:  usual + "@ DS 12345 8 1 0102030405060708091011121314151617181920\n" + plain(0, 2),
			is:   usual + plain(0, 2),
		},
	})
}

func TestSignaturesThatExpire(t *testing.T) {
	good := usual + sigOver("@", "SOA", 200)
	bad, late := usual+sigOver("@", "SOA", -3), usual+sigOver("@", "SOA", 23)
	check(t, Signatures, []ruleCase{
		{name: "in a week", was: good, is: good + "www A 192.0.2.1"},
		{name: "in more than a day", was: good, is: good + sigOver("@", "NS", 26)},
		{
			name: "in a day", was: good, is: good + sigOver("@", "NS", 24),
			verdict: Warn, reason: "has an RRSIG that expires at about 2026-11-21T1",
		},
		{
			name: "in an hour or so", was: late, is: good + sigOver("x", "NS", 2),
			verdict: Warn, reason: "has an RRSIG that expires at about 2026-11-20T1",
		},
		{
			name: "that may be past or not", was: late, is: good + sigOver("x", "NS", 0),
			verdict: Warn, reason: "has an RRSIG that expires at about 2026-11-20T1",
		},
		{
			name: "three hours ago", was: good, is: bad,
			verdict: Hold, reason: "has an RRSIG that expired at about 2026-11-20T0",
		},
		{
			name: "one of many", was: signed(50), is: signed(50) + sigOver(fmt.Sprintf("%032d", 1), "NSEC3", -3),
			verdict: Hold, reason: "has an RRSIG that expired at about 2026-11-20T0",
		},
		{
			name: "what it replaces has expired too", was: bad + "a A 192.0.2.1", is: bad,
			verdict: Warn, reason: "has an RRSIG that expired at about 2026-11-20T0",
		},
		{
			name: "what it replaces is not signed", was: usual, is: bad,
			verdict: Warn, reason: "has an RRSIG that expired at about",
		},
		{name: "there is a good one again", was: bad, is: good},
		{name: "there is none any more", was: bad, is: usual},
	})
}

func TestExpiryIsKeptToTheHour(t *testing.T) {
	for _, c := range []struct {
		name string
		now  time.Time
		left []int64 // seconds
	}{
		{"one", noon, []int64{90000}},
		{"the first of several", noon, []int64{90000, 50000, 70000}},
		{"one that has expired", noon, []int64{90000, -50000}},
		{"beyond the end of the 32 bits", time.Unix(1<<32-100, 0), []int64{50000, 20000}},
		{"on both sides of it", time.Unix(1<<32-100, 0), []int64{50000, 50}},
		{"from beyond it", time.Unix(1<<32+100, 0), []int64{-20000, 90000}},
	} {
		list := records(t, 1, usual)
		for _, left := range c.left {
			list = append(list, rrsig("example.", dns.TypeNS, c.now, left))
		}
		v, _ := whole(t, nil, list)
		exact, _ := SignedUntil(v, c.now)
		until, ok := StatisticsOf(v).SignedUntil(c.now)
		if early := exact.Sub(until); !ok || early < 0 || early >= expiryUnit {
			t.Errorf("%s: %s too early, %v", c.name, early, ok)
		}
	}
	if _, ok := StatisticsOf(version(t, 1, ns("example."))).SignedUntil(noon); ok {
		t.Error("a zone that is not signed is, until then")
	}
	var none *Statistics
	if _, ok := none.SignedUntil(noon); ok {
		t.Error("no zone is signed until then")
	}
}
