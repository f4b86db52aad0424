package guard

import (
	"slices"
	"testing"
)

// worst is a change that many rules find something in.
func worst(t *testing.T) *Change {
	was := signed(20) + lines(0, 20, "d%d NS ns.other.")
	is := "@ NS ns.example\n@ SOA ns1 hostmaster 0 0 0 0 0\na CNAME x.example\nb CNAME x.example\n"
	return ways(t, records(t, 4294967295, was), records(t, 0, is))["AXFR"]
}

func rulesOf(list []Finding) (rules []Rule) {
	for _, f := range list {
		rules = append(rules, f.Rule)
	}
	return rules
}

func TestTheStrictestFindingComesFirst(t *testing.T) {
	list := DefaultPolicy().Examine(worst(t))
	if !slices.IsSortedFunc(list, func(a, b Finding) int { return int(b.Verdict) - int(a.Verdict) }) {
		t.Errorf("%v", list)
	}
	want := []Rule{Deletes, Updates, ApexNS, Unsigned, DoubledName, SerialJump, SerialZero, SOATimers}
	if got := rulesOf(list); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if Strictest(list) != Hold || Strictest(nil) != Accept {
		t.Error("another verdict is the strictest")
	}
}

func TestAnOperatorSaysWhatARuleMeans(t *testing.T) {
	p := DefaultPolicy()
	p.On = map[Rule]Verdict{Deletes: Accept, Updates: Warn, Unsigned: Reject, SerialZero: Hold}
	list := p.Examine(worst(t))
	for rule, verdict := range map[Rule]Verdict{
		Deletes: Accept, Updates: Warn, Unsigned: Reject, SerialZero: Hold, ApexNS: Hold, SOATimers: Warn,
	} {
		if f := findingOf(list, rule); f.Verdict != verdict {
			t.Errorf("%s means %s", rule, f.Verdict)
		}
	}
	if list[0].Rule != Unsigned || Strictest(list) != Reject {
		t.Errorf("%v", list)
	}
}

// A finding that is not the strictest of its rule is never made stricter.
func TestALesserFindingNeverMeansMore(t *testing.T) {
	const one = "h%d A 192.0.2.1"
	was := usual + lines(0, 99, one)
	list := ways(t, records(t, 1, was), records(t, 2, was+lines(0, 40, "h%d A 192.0.2.2")))
	for verdict, want := range map[Verdict]Verdict{Accept: Accept, Warn: Warn, Hold: Warn, Reject: Warn} {
		p := DefaultPolicy()
		p.On = map[Rule]Verdict{Updates: verdict}
		if f := findingOf(p.Examine(list["IXFR"]), Updates); f.Verdict != want {
			t.Errorf("'on updates %s' makes %s of a warning", verdict, f.Verdict)
		}
	}
}

// Nothing better is there.
func TestAFirstVersionIsNotHeld(t *testing.T) {
	v, _ := whole(t, nil, records(t, 0, "@ NS ns.example\na NS ns.example\nb NS ns.example\n"+sigOver("@", "SOA", -99)))
	p := DefaultPolicy()
	p.MinRecords, p.Require, p.Protect = 99, []uint16{15}, []Protected{{name("www.example."), []uint16{1}}}
	list := p.Examine(&Change{Candidate: Candidate{Version: v}, Now: noon, After: StatisticsOf(v)})
	if got := rulesOf(list); !slices.Equal(got, []Rule{SerialZero, Signatures}) || Strictest(list) != Warn {
		t.Errorf("%v", list)
	}
}

func TestWithoutStatisticsTheirRulesAreSilent(t *testing.T) {
	was, is := usual+sigOver("@", "SOA", 99), "@ 1 NS ns1\n"+sigOver("@", "SOA", -99)
	c := ways(t, records(t, 1, was), records(t, 2, is))["IXFR"]
	if got := rulesOf(DefaultPolicy().Examine(c)); !slices.Equal(got, []Rule{Signatures, TTL}) {
		t.Errorf("%v", got)
	}
	c.Before = nil
	if list := DefaultPolicy().Examine(c); len(list) != 1 || list[0].Rule != Signatures || list[0].Verdict != Warn {
		t.Errorf("%v", list)
	}
	c.After = nil
	if list := DefaultPolicy().Examine(c); len(list) != 0 {
		t.Errorf("%v", list)
	}
}

func TestNoRuleIsStricterThanItsStrictest(t *testing.T) {
	for _, f := range (&Policy{}).Examine(worst(t)) {
		if f.Verdict > strictest[f.Rule] {
			t.Errorf("%s", f)
		}
	}
	for _, r := range AllRules() {
		if strictest[r] == Accept {
			t.Errorf("%s finds nothing wrong ever", r)
		}
	}
}

func TestVerdictsAndRulesHaveNames(t *testing.T) {
	for v := Accept; v <= Reject; v++ {
		if parsed, err := ParseVerdict(v.String()); err != nil || parsed != v {
			t.Errorf("%s: %v", v, err)
		}
	}
	for _, r := range AllRules() {
		if parsed, err := ParseRule(r.String()); err != nil || parsed != r || r.String() == "" {
			t.Errorf("%s: %v", r, err)
		}
	}
	if _, err := ParseVerdict("maybe"); err == nil {
		t.Error("maybe is a verdict")
	}
	if _, err := ParseRule(""); err == nil {
		t.Error("a rule has no name")
	}
	f := Finding{Deletes, Hold, "deletes 61 of 100 names"}
	if f.String() != "deletes (hold): deletes 61 of 100 names" {
		t.Error(f)
	}
}
