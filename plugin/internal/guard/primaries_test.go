package guard

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

var (
	first  = netip.MustParseAddrPort("192.0.2.1:53")
	second = netip.MustParseAddrPort("192.0.2.2:53")
)

// policy is the usual one, in which rules mean something else.
func policy(on map[Rule]Verdict) *Policy {
	p := DefaultPolicy()
	p.On = on
	return p
}

// since is a standstill of the given duration at serial 100.
func since(ago time.Duration, said ...serial.Serial) Standstill {
	s := Standstill{Have: 100, Since: noon.Add(-ago), Now: noon, Expire: 24 * time.Hour}
	for _, number := range said {
		s.Said = append(s.Said, Said{first, number})
	}
	return s
}

func TestAnOlderSerialIsHeldAndThenTaken(t *testing.T) {
	hour := map[Rule]time.Duration{SerialBack: 3 * time.Hour, SerialAmbiguous: 5 * time.Hour}
	opposite := serial.Serial(100 + 1<<31)
	for _, c := range []struct {
		name    string
		is      Standstill
		expire  time.Duration
		adopt   map[Rule]time.Duration
		verdict Verdict
		rule    Rule
		until   time.Duration // from now; 0: there is no such time
	}{
		{"at first", since(0, 90), 24 * time.Hour, nil, Hold, SerialBack, time.Hour},
		{"just before the hour is over", since(time.Hour-1, 90), 24 * time.Hour, nil, Hold, SerialBack, 1},
		{"after an hour", since(time.Hour, 90), 24 * time.Hour, nil, Warn, SerialBack, 0},
		{"half of EXPIRE is less", since(29*time.Minute, 90), time.Hour, nil, Hold, SerialBack, time.Minute},
		{"after half of EXPIRE", since(30*time.Minute, 90), time.Hour, nil, Warn, SerialBack, 0},
		{"without an EXPIRE it is an hour", since(59*time.Minute, 90), 0, nil, Hold, SerialBack, time.Minute},
		{"the operator says when", since(2*time.Hour, 90), time.Hour, hour, Hold, SerialBack, time.Hour},
		{"and for each rule apart", since(3*time.Hour, opposite), time.Hour, hour, Hold, SerialAmbiguous, 2 * time.Hour},
		{"half the numbers away", since(0, opposite), 24 * time.Hour, nil, Hold, SerialAmbiguous, time.Hour},
		{"one more is older", since(0, opposite+1), 24 * time.Hour, nil, Hold, SerialBack, time.Hour},
		{"the first of several counts", since(0, 99, opposite), 24 * time.Hour, nil, Hold, SerialBack, time.Hour},
		{"that nobody answers", since(0), 24 * time.Hour, nil, Hold, SerialBack, time.Hour},
	} {
		c.is.Expire = c.expire
		p := policy(nil)
		p.Adopt = c.adopt
		f, until := p.Back(c.is)
		if f.Verdict != c.verdict || f.Rule != c.rule || until.IsZero() != (c.until == 0) || c.until != 0 && until.Sub(noon) != c.until {
			t.Errorf("%s: %s, until %s", c.name, f, until)
		}
	}
}

func TestWhatAnOlderSerialMayMean(t *testing.T) {
	for _, ago := range []time.Duration{0, 100 * time.Hour} {
		for on, want := range map[Verdict]Verdict{Accept: Accept, Warn: Warn, Reject: Hold} {
			for rule, number := range map[Rule]serial.Serial{SerialBack: 90, SerialAmbiguous: 100 + 1<<31} {
				f, until := policy(map[Rule]Verdict{rule: on}).Back(since(ago, number))
				never := strings.HasSuffix(f.Reason, ", and is never taken")
				if f.Verdict != want || f.Rule != rule || !until.IsZero() || never != (on == Reject) {
					t.Errorf("'on %s %s' after %s: %s, until %s", rule, on, ago, f, until)
				}
			}
		}
		// What is said of one rule says nothing of the other.
		f, _ := policy(map[Rule]Verdict{SerialAmbiguous: Accept}).Back(since(ago, 90))
		if want := map[bool]Verdict{true: Hold, false: Warn}[ago == 0]; f.Verdict != want {
			t.Errorf("after %s: %s", ago, f)
		}
	}
}

func TestAnOlderSerialIsToldWithWhoHasIt(t *testing.T) {
	s := since(time.Minute, 90)
	s.Said = append(s.Said, Said{second, 80})
	const both = "serial 100, at every primary that answers (90 at 192.0.2.1:53, 80 at 192.0.2.2:53), since 2026-"
	f, _ := DefaultPolicy().Back(s)
	if !strings.HasPrefix(f.Reason, "is older than "+both) || !strings.HasSuffix(f.Reason, ", is taken after 1h0m0s") {
		t.Error(f.Reason)
	}
	s.Have = 90 + 1<<31
	f, _ = DefaultPolicy().Back(s)
	if !strings.HasPrefix(f.Reason, "is exactly 2^31 serials from serial 2147483738") {
		t.Error(f.Reason)
	}
}

func TestAPrimaryThatLags(t *testing.T) {
	for on, want := range map[Verdict]bool{Accept: false, Warn: true} {
		f, found := policy(map[Rule]Verdict{PrimaryBehind: on}).Lagging(Said{first, 7}, noon)
		if found != want || f.Verdict != on {
			t.Errorf("'on primary-behind %s': %s, %v", on, f, found)
		}
	}
	f, found := DefaultPolicy().Lagging(Said{first, 7}, noon)
	if !found || f.Rule != PrimaryBehind || f.Verdict != Warn ||
		!strings.HasPrefix(f.Reason, "is not at 192.0.2.1:53, which has serial 7 and is behind others since 2026-") {
		t.Errorf("%s, %v", f, found)
	}
}

func TestTwoContentsWithOneSerial(t *testing.T) {
	for _, c := range []struct {
		name   string
		m      Mismatch
		rule   Rule
		reason string
		adopt  bool
	}{
		{"another primary has it", Mismatch{Primary: second, Deletions: 1, Additions: 2}, PrimariesDiffer,
			"is served by 192.0.2.2:53 with other content (1 records fewer, 2 more)", false},
		{"another primary, and its signatures are fresher", Mismatch{Primary: second, Fresher: true}, PrimariesDiffer,
			"is served by 192.0.2.2:53 with other content", false},
		{"the primary that it came from", Mismatch{Primary: first, Pinned: true, Deletions: 3, Additions: 4}, SameSerial,
			"has other content at 192.0.2.1:53 (3 records fewer, 4 more): a change needs another serial", false},
		{"that one, signed anew", Mismatch{Primary: first, Pinned: true, Fresher: true, Deletions: 5, Additions: 6}, SameSerial,
			"is signed anew at 192.0.2.1:53 (5 records go, 6 come), and is transferred again", true},
	} {
		f, found, adopt := DefaultPolicy().Differing(c.m)
		if !found || adopt != c.adopt || f.Rule != c.rule || f.Verdict != Warn || !strings.HasPrefix(f.Reason, c.reason) {
			t.Errorf("%s: %s, found %v, adopt %v", c.name, f, found, adopt)
		}
		f, found, adopt = policy(map[Rule]Verdict{c.rule: Accept}).Differing(c.m)
		if found || adopt != c.adopt || f.Verdict != Accept {
			t.Errorf("%s, which is accepted: %s, found %v, adopt %v", c.name, f, found, adopt)
		}
	}
}

func TestAQuorum(t *testing.T) {
	for _, c := range []struct {
		name    string
		agree   int
		ago     time.Duration
		on      map[Rule]Verdict
		verdict Verdict // Accept: nothing is found
		met     bool
		until   time.Duration // from now; 0: there is no such time
		reason  string
	}{
		{"enough", 2, 0, nil, Accept, true, 0, ""},
		{"more than enough", 3, 99 * time.Hour, nil, Accept, true, 0, ""},
		{"too few", 1, 0, nil, Hold, false, 30 * time.Minute, "is at 1 of 3 primaries, 2 must have it, is held for 30m0s"},
		{"none, for nearly as long", 0, 30*time.Minute - 1, nil, Hold, false, 1, "is at 0 of 3 primaries, 2 must have it, is held"},
		{"too few, for long enough", 1, 30 * time.Minute, nil, Warn, false, 0, "is at 1 of 3 primaries, 2 must have it after 30m0s"},
		{"it is only told", 1, 0, map[Rule]Verdict{TooFew: Warn}, Warn, false, 30 * time.Minute, "is at 1 of 3"},
		{"it is accepted", 1, 0, map[Rule]Verdict{TooFew: Accept}, Accept, false, 30 * time.Minute, ""},
		{"it is rejected", 1, 0, map[Rule]Verdict{TooFew: Reject}, Reject, false, 30 * time.Minute, "is at 1 of 3"},
		{"the end of the wait is the end of that, too", 1, time.Hour, map[Rule]Verdict{TooFew: Reject}, Warn, false, 0, "is at 1 of 3"},
		{"and is nothing if the rest is nothing", 1, time.Hour, map[Rule]Verdict{TooFew: Accept}, Accept, false, 0, ""},
	} {
		p := policy(c.on)
		p.Quorum = Quorum{Need: 2, Wait: DefaultQuorumWait}
		f, found, met, until := p.Agreement(c.agree, 3, noon.Add(-c.ago), noon)
		if f.Verdict != c.verdict || found != (c.verdict != Accept) || met != c.met || !strings.HasPrefix(f.Reason, c.reason) {
			t.Errorf("%s: %s, found %v, met %v", c.name, f, found, met)
		}
		if until.IsZero() != (c.until == 0) || c.until != 0 && until.Sub(noon) != c.until {
			t.Errorf("%s: until %s", c.name, until)
		}
	}
}

// How large a change is, a quorum proves to be wanted; that it is well made, it does not.
func TestWhatAQuorumProves(t *testing.T) {
	for _, r := range AllRules() {
		for v := Accept; v <= Reject; v++ {
			want := v
			if v == Hold && (r == Deletes || r == Updates) {
				want = Warn
			}
			if got := Corroborated([]Finding{{r, v, "x"}})[0]; got != (Finding{r, want, "x"}) {
				t.Errorf("%s (%s) becomes %s", r, v, got)
			}
		}
	}
	if list := Corroborated(nil); len(list) != 0 {
		t.Errorf("%v", list)
	}
}
