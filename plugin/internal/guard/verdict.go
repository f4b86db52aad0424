package guard

import "fmt"

// A Verdict is what is to become of a candidate. Of several, the strictest counts.
type Verdict uint8

// The verdicts, from the mildest to the strictest.
const (
	Accept Verdict = iota // it is published
	Warn                  // it is published, and that is told
	Hold                  // what is served stays; the candidate is kept, and judged again
	Reject                // it is never published
)

var verdictNames = [...]string{"accept", "warn", "hold", "reject"}

func (v Verdict) String() string { return verdictNames[v] }

// ParseVerdict is the reverse of String.
func ParseVerdict(name string) (Verdict, error) {
	for v, n := range verdictNames {
		if n == name {
			return Verdict(v), nil
		}
	}
	return 0, fmt.Errorf("%q is none of accept, warn, hold, reject", name)
}

// A Rule is one thing that may be wrong with a candidate.
type Rule uint8

// The rules.
const (
	SerialBack      Rule = iota // 1: the serial is older
	SerialAmbiguous             // 2: neither serial is newer (RFC 1982 §3.2)
	SerialJump                  // 3: the serial is newer by more than 2^30, or over the end of the numbers
	SameSerial                  // 4: the serial stayed, the content did not
	SerialZero                  // 5
	SerialFuture                // 6: the serial is a date to come
	PrimaryBehind               // 7: a primary stays behind the others
	PrimariesDiffer             // 8: two primaries have different content at one serial
	TransferBroken              // 9: what came is not one version of a zone
	Deletes                     // 10: too much is gone
	Updates                     // 11: too much is different
	ApexNS                      // 12: the name servers are others, or gone
	Required                    // 13: an RRset that there must be is gone
	Unsigned                    // 14: the zone was signed
	DSLost                      // 15: many delegations are not secure any more
	DoubledName                 // 16: a final dot is missing: names in records have the apex twice
	TTL                         // 17: TTLs collapse or explode
	Signatures                  // 18: signatures have expired, or soon will
	ZONEMD                      // 19: the digest is wrong (RFC 8976)
	SOATimers                   // 20: the timers make no sense (RFC 1912 §2.2)
	Growth                      // 21: the zone is too large, or grew too fast
	TooFew                      // 22: too few primaries have this content
	Catalog                     // 23: a catalog zone loses many members
	Alias                       // 24: a CNAME has other records beside it

	rules = iota
)

var ruleNames = [rules]string{
	SerialBack: "serial-back", SerialAmbiguous: "serial-ambiguous", SerialJump: "serial-jump", SameSerial: "same-serial",
	SerialZero: "serial-zero", SerialFuture: "serial-future", PrimaryBehind: "primary-behind",
	PrimariesDiffer: "primaries-differ", TransferBroken: "transfer-broken", Deletes: "deletes", Updates: "updates",
	ApexNS: "apex-ns", Required: "required", Unsigned: "unsigned", DSLost: "ds-lost", DoubledName: "doubled-name",
	TTL: "ttl", Signatures: "signatures", ZONEMD: "zonemd", SOATimers: "soa-timers", Growth: "growth", TooFew: "quorum",
	Catalog: "catalog", Alias: "alias",
}

func (r Rule) String() string { return ruleNames[r] }

// AllRules are the rules in the order of their numbers.
func AllRules() []Rule {
	list := make([]Rule, rules)
	for i := range list {
		list[i] = Rule(i)
	}
	return list
}

// ParseRule is the reverse of Rule.String.
func ParseRule(name string) (Rule, error) {
	for r, n := range ruleNames {
		if n == name {
			return Rule(r), nil
		}
	}
	return 0, fmt.Errorf("there is no rule %q", name)
}

// A Finding is what one rule says of a candidate.
type Finding struct {
	Rule    Rule
	Verdict Verdict
	// Reason is a clause with numbers that has the candidate as its subject, such as "deletes 61 % of 12400 RRsets,
	// limit 30 %".
	Reason string
}

func (f Finding) String() string { return fmt.Sprintf("%s (%s): %s", f.Rule, f.Verdict, f.Reason) }

// Strictest is the verdict of all findings together.
func Strictest(list []Finding) Verdict {
	worst := Accept
	for _, f := range list {
		worst = max(worst, f.Verdict)
	}
	return worst
}
