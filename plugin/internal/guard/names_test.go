package guard

import (
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

func TestNamesWithoutTheirFinalDot(t *testing.T) {
	other := lines(0, 297, "o%d CNAME host.other.")
	const three = "a NS ns.example\nb MX 10 mail.example\nc SRV 0 0 53 srv.example\n"
	check(t, DoubledName, []ruleCase{
		{name: "with it", was: usual, is: usual + "a NS ns.example.\nb MX 10 mail.example.\nc CNAME x"},
		{
			name: "one", was: usual, is: usual + "a NS ns.example\n",
			verdict: Warn,
			reason:  "has 1 name that ends in example.example., of 1 in new or changed NS, CNAME, DNAME, MX, SRV and PTR",
		},
		{
			name: "two", was: usual, is: usual + "a CNAME x.example\nb DNAME example\n",
			verdict: Warn, reason: "has 2 names that end in example.example., of 2 in",
		},
		{
			name: "three", was: usual, is: usual + "a CNAME x.EXAMPLE\nb DNAME example\nc PTR y.example\n",
			verdict: Hold, reason: "has 3 names that end in example.example., of 3 in",
		},
		{name: "three, of other types", was: usual, is: usual + three, verdict: Hold, reason: "has 3 names"},
		{
			name: "three of three hundred", was: usual, is: usual + three + other,
			verdict: Hold, reason: "has 3 names that end in example.example., of 300 in",
		},
		{
			name: "and one", was: usual, is: usual + three + other + "x CNAME y.other.",
			verdict: Warn, reason: "has 3 names that end in example.example., of 301 in",
		},
		{
			name: "they were so before", was: usual + three,
			is: usual + "a 60 NS ns.example\nb 60 MX 10 mail.example\nc 60 SRV 0 0 53 srv.example\n",
		},
		{
			name: "one more in an RRset", was: usual + "a NS ns.example\n", is: usual + "a NS ns.example\na NS ns2.example\n",
			verdict: Warn, reason: "has 1 name that ends in example.example., of 2 in",
		},
		{
			name: "there was such a name", was: usual + "ns.example A 192.0.2.1",
			is: usual + "ns.example A 192.0.2.1\na NS ns.example",
		},
		{
			name: "there is such a name from now on", was: usual, is: usual + "ns.example A 192.0.2.1\na NS ns.example",
			verdict: Warn, reason: "has 1 name",
		},
		{name: "a name only looks like it", was: usual, is: usual + "a NS ns.anexample\nb NS example."},
		{name: "other types do not lead there", was: usual, is: usual + "a TXT x.example.example.\nb RP x.example y.example"},
		{name: "it goes", was: usual + three, is: usual},
	})
}

func TestNamesCannotHaveEveryApexTwice(t *testing.T) {
	long := strings.Repeat(strings.Repeat("a", 62)+".", 2)
	for _, c := range []struct{ apex, name string }{
		{".", "a."}, {".", "."}, {long, "b." + long},
	} {
		if twiceOf(owner.MustParse(c.apex)).endsWith(owner.MustParse(c.name)) {
			t.Errorf("%s ends in %s twice", c.name, c.apex)
		}
	}
	if !twiceOf(owner.MustParse("co.uk.")).endsWith(owner.MustParse("x.co.uk.CO.UK.")) {
		t.Error("x.co.uk.CO.UK. does not end in co.uk. twice")
	}
}

func TestTTLsThatCollapseOrExplode(t *testing.T) {
	with := func(ttl string) string { return "@ NS ns1\n" + lines(0, 5, "h%d "+ttl+" A 192.0.2.1") }
	check(t, TTL, []ruleCase{
		{name: "they stay", was: with("3600"), is: with("3600") + "x A 192.0.2.1"},
		{name: "nearly a tenth", was: with("3600"), is: with("361")},
		{
			name: "a tenth", was: with("3600"), is: with("360"),
			verdict: Warn, reason: "has a median TTL of 360 s, down from 3600 s",
		},
		{name: "nearly tenfold", was: with("300"), is: with("2999")},
		{
			name: "tenfold", was: with("300"), is: with("3000"),
			verdict: Warn, reason: "has a median TTL of 3000 s, up from 300 s",
		},
		{
			name: "as long as a resolver may keep them", was: with("86400"), is: with("2147483647"),
			verdict: Warn, reason: "has a median TTL of 2145386496 s, up from 86400 s",
		},
		{name: "down to 30", was: with("60"), is: with("30")},
		{
			name: "less", was: with("60"), is: with("29"),
			verdict: Warn, reason: "has a median TTL of 29 s, down from 60 s, limit 30 s",
		},
		{name: "it was as little before", was: with("29"), is: with("5")},
		{
			name: "none", was: with("300"), is: with("0"),
			verdict: Warn, reason: "has a median TTL of 0 s, down from 300 s",
		},
		{name: "none before", was: with("0"), is: with("5")},
		{
			name: "those of less than half", was: with("3600"),
			is: "@ NS ns1\n" + lines(0, 2, "h%d 5 A 192.0.2.1") + lines(2, 5, "h%d A 192.0.2.1"),
		},
		{
			name: "those of NSEC and NSEC3 do not count", was: with("3600"),
			is: with("3600") + lines(0, 5, "h%d 1 NSEC h A") + hashed(0, 9),
		},
	})
}
