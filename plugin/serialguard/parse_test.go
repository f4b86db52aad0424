package serialguard

import (
	"strings"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
)

func parseText(text string) ([]*stanza, error) {
	c := caddy.NewTestController("dns", text)
	c.ServerBlockKeys = []string{"dns://block.example.:53"}
	return parse(c)
}

func parseLines(lines string) (*stanza, error) {
	list, err := parseText("serialguard {\n" + lines + "\n}")
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

func TestAStanzaWithoutAnything(t *testing.T) {
	s, err := parseLines("")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.zones) != 1 || s.zones[0].Canonical() != "block.example." || s.enforce || s.audit != time.Hour || s.history != 3 {
		t.Errorf("%+v", s)
	}
	if x := s.terms; x.release != 0 || x.longest != 0 || x.then != serve || x.signed != 24*time.Hour || len(x.windows)+len(x.approvals) != 0 {
		t.Errorf("%+v", x)
	}
	if p := s.policy; p.DeletePercent != 30 || p.DeleteCount != 10 || p.UpdateWarn != 30 || p.UpdateHold != 50 || p.Lag != 10*time.Minute || p.Quorum.Need != 0 {
		t.Errorf("%+v", p)
	}
}

func TestStanzas(t *testing.T) {
	list, err := parseText("serialguard Example.ORG 10.0.0.0/8 {\n mode enforce\n}\nserialguard sub.example.org")
	if err != nil || len(list) != 2 {
		t.Fatalf("%d stanzas: %v", len(list), err)
	}
	if z := list[0].zones; len(z) != 2 || z[0].Canonical() != "example.org." || z[1].Canonical() != "10.in-addr.arpa." || !list[0].enforce {
		t.Errorf("%+v", list[0])
	}
	if z := list[1].zones; len(z) != 1 || z[0].Canonical() != "sub.example.org." || list[1].enforce {
		t.Errorf("%+v", list[1])
	}
}

// Every property, and what is right about it.
func TestProperties(t *testing.T) {
	dir := t.TempDir()
	for lines, right := range map[string]func(*stanza) bool{
		"mode enforce":                      func(s *stanza) bool { return s.enforce },
		"mode enforce\nmode observe":        func(s *stanza) bool { return !s.enforce },
		"on deletes reject":                 func(s *stanza) bool { return s.policy.On[guard.Deletes] == guard.Reject },
		"on same-serial accept":             func(s *stanza) bool { return s.policy.On[guard.SameSerial] == guard.Accept },
		"on serial-back hold adopt 5m":      func(s *stanza) bool { return s.policy.Adopt[guard.SerialBack] == 5*time.Minute },
		"on serial-ambiguous hold adopt 6m": func(s *stanza) bool { return s.policy.Adopt[guard.SerialAmbiguous] == 6*time.Minute },
		"on serial-back reject":             func(s *stanza) bool { return s.policy.On[guard.SerialBack] == guard.Reject && len(s.policy.Adopt) == 0 },
		"on primary-behind warn after 7m":   func(s *stanza) bool { return s.policy.Lag == 7*time.Minute },
		"on quorum warn":                    func(s *stanza) bool { return s.policy.On[guard.TooFew] == guard.Warn },
		"deletes 5% min 0":                  func(s *stanza) bool { return s.policy.DeletePercent == 5 && s.policy.DeleteCount == 0 },
		"updates warn 1 hold 100%":          func(s *stanza) bool { return s.policy.UpdateWarn == 1 && s.policy.UpdateHold == 100 },
		"min_records 7":                     func(s *stanza) bool { return s.policy.MinRecords == 7 },
		"require ns MX\nrequire TLSA":       func(s *stanza) bool { return len(s.policy.Require) == 3 && s.policy.Require[2] == dns.TypeTLSA },
		"protect WWW.example.org A\nprotect x A": func(s *stanza) bool {
			return len(s.policy.Protect) == 2 && s.policy.Protect[0].Name.Canonical() == "www.example.org."
		},
		"format date":                      func(s *stanza) bool { return s.policy.DateSerials },
		"release auto 30m":                 func(s *stanza) bool { return s.terms.release == 30*time.Minute },
		"release auto 30m\nrelease manual": func(s *stanza) bool { return s.terms.release == 0 },
		"hold_max 1h then release":         func(s *stanza) bool { return s.terms.longest == time.Hour && s.terms.then == release },
		"hold_max 1h then servfail":        func(s *stanza) bool { return s.terms.then == servfail },
		"hold_max 1h then serve":           func(s *stanza) bool { return s.terms.then == serve },
		"signature_deadline 5h":            func(s *stanza) bool { return s.terms.signed == 5*time.Hour },
		"window 2026-11-30T22:00:00+01:00 2h": func(s *stanza) bool {
			return s.terms.windows[0].from.UTC().Hour() == 21 && s.terms.windows[0].length == 2*time.Hour
		},
		"accept 7 " + strings.ToUpper(some): func(s *stanza) bool { return s.terms.approvals[0] == approval{7, some} },
		"quorum 2":                          func(s *stanza) bool { return s.policy.Quorum == guard.Quorum{Need: 2, Wait: 30 * time.Minute} },
		"quorum 2 of 3":                     func(s *stanza) bool { return s.policy.Quorum == guard.Quorum{Need: 2, Of: 3, Wait: 30 * time.Minute} },
		"quorum 2 wait 1m":                  func(s *stanza) bool { return s.policy.Quorum == guard.Quorum{Need: 2, Wait: time.Minute} },
		"quorum 2 of 2 wait 1m":             func(s *stanza) bool { return s.policy.Quorum == guard.Quorum{Need: 2, Of: 2, Wait: time.Minute} },
		"audit 1s":                          func(s *stanza) bool { return s.audit == time.Second },
		"history 0":                         func(s *stanza) bool { return s.history == 0 },
		"history 100":                       func(s *stanza) bool { return s.history == 100 },
		"state_dir " + dir + "/a/b":         func(s *stanza) bool { return s.stateDir == dir+"/a/b" },
		"report webhook http://x.test/\nreport alertmanager https://y.test/": func(s *stanza) bool { return len(s.sinks) == 2 },
	} {
		if s, err := parseLines(lines); err != nil || !right(s) {
			t.Errorf("%q: %+v, %v", lines, s, err)
		}
	}
}

func TestStanzasThatMakeNoSense(t *testing.T) {
	for lines, want := range map[string]string{
		"mode":                                      "mode is 'enforce' or 'observe'",
		"mode enforce observe":                      "mode is 'enforce' or 'observe'",
		"MODE enforce":                              "unknown property 'MODE'",
		"on":                                        "on is given as",
		"on deletes":                                "on is given as",
		"on deletes hold adopt":                     "on is given as",
		"on deletes hold adopt 1h 2h":               "on is given as",
		"on gremlins hold":                          `there is no rule "gremlins"`,
		"on deletes HOLD":                           `"HOLD" is none of`,
		"on zonemd warn":                            "holds for every zone",
		"on primary-behind hold":                    "can accept or warn",
		"on primaries-differ reject":                "can accept or warn",
		"on serial-back hold adopt never":           "not a duration: 'never'",
		"on serial-back hold adopt 0s":              "not a duration: '0s'",
		"on serial-back reject adopt 1h":            "'adopt' is for what is held",
		"on serial-back hold after 1h":              "'after' is for what primary-behind warns of",
		"on primary-behind warn adopt 1h":           "'adopt' is for what is held",
		"deletes 30":                                "deletes is given as",
		"deletes 30 max 10":                         "deletes is given as",
		"deletes 101 min 10":                        "not a percentage",
		"deletes 3.5 min 10":                        "not a percentage",
		"deletes 30%% min 10":                       "not a percentage",
		"deletes 30 min -1":                         "not a number: '-1'",
		"deletes 30 min 99999999999999999999":       "not a number",
		"updates 30 50":                             "updates is given as",
		"updates hold 50 warn 30":                   "updates is given as",
		"updates warn x hold 50":                    "not a percentage from 1 to 100: 'x'",
		"updates warn 30 hold 0":                    "not a percentage from 1 to 100: '0'",
		"updates warn 51 hold 50":                   "held from 50 % on and only told from 51 % on",
		"min_records":                               "Wrong argument count",
		"min_records 1 2":                           "Wrong argument count",
		"require":                                   "Wrong argument count",
		"require NS GREMLIN":                        "not a type: 'GREMLIN'",
		"protect www.example.org":                   "protect is given as",
		"protect " + strings.Repeat("a", 64) + " A": "not a name",
		"protect www.example.org GREMLIN":           "not a type",
		"format":                                    "format is given as",
		"release":                                   "release is given as",
		"release auto":                              "release is given as",
		"release manual 1h":                         "release is given as",
		"release auto -1h":                          "not a duration",
		"hold_max 1h":                               "hold_max is given as",
		"hold_max 1h else serve":                    "hold_max is given as",
		"hold_max 1h then Serve":                    "hold_max is given as",
		"hold_max soon then serve":                  "not a duration: 'soon'",
		"signature_deadline":                        "Wrong argument count",
		"signature_deadline 1d":                     "not a duration: '1d'",
		"window 2026-11-30T22:00:00Z":               "window is given as",
		"window 2026-11-30 2h":                      "not a time: '2026-11-30'",
		"window 2026-11-30T22:00:00Z 0":             "not a duration",
		"accept 7":                                  "a serial alone says nothing",
		"accept 4294967296 " + some:                 "not a serial",
		"accept 7 " + some + "a":                    "not a digest",
		"accept 7 sha256:" + some[7:]:               "not a digest",
		"accept 7 " + some[:len(some)-1] + "g":      "not a digest",
		"quorum":                                    "quorum is given as",
		"quorum 2 of":                               "quorum is given as",
		"quorum 2 wait":                             "quorum is given as",
		"quorum 2 wait 1m of 3":                     "quorum is given as",
		"quorum 2 of three":                         "not a number: 'three'",
		"quorum 2 wait soon":                        "not a duration",
		"quorum 2 of 3 of 4":                        "quorum is given as",
		"quorum 0":                                  "a quorum of 0 is none",
		"quorum 2 of 0":                             "a quorum of 2 among 0 primaries",
		"audit":                                     "Wrong argument count",
		"audit 999ms":                               "no more often than every 1s",
		"audit often":                               "not a duration",
		"history":                                   "Wrong argument count",
		"history 101":                               "at most 100",
		"history all":                               "not a number",
		"state_dir":                                 "Wrong argument count",
		"state_dir a b":                             "Wrong argument count",
		"state_dir /dev/null":                       "state_dir: /dev/null is not a directory",
		"report webhook":                            "report is given as",
		"report webhook http://x/ y":                "report is given as",
		"report mail http://x/":                     "report is given as",
		"report webhook /x":                         "report: ",
	} {
		_, err := parseLines(lines)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "Testfile:2") {
			t.Errorf("%q: %v", lines, err)
		}
	}
	for text, want := range map[string]string{
		"serialguard " + strings.Repeat("a", 64): "not a zone name",
		"serialguard {\n mode enforce":           "",
	} {
		if _, err := parseText(text); (want != "") != (err != nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Whatever a Corefile says, it is either refused or makes stanzas with sane bounds.
func FuzzParse(f *testing.F) {
	f.Add("serialguard example.org 10.0.0.0/8 {\n mode enforce\n on serial-back hold adopt 1h\n on primary-behind warn after 1m\n}")
	f.Add("serialguard {\n deletes 30% min 10\n updates warn 30 hold 50\n min_records 9\n require NS MX\n protect www.example.org A\n format date\n}")
	f.Add("serialguard {\n quorum 2 of 3 wait 1m\n release auto 1h\n hold_max 1h then servfail\n signature_deadline 1h\n}\nserialguard a")
	f.Add("serialguard \"a b\\000c\" {\n audit 1s\n history 100\n window 2026-11-30T22:00:00Z 1h\n accept 7 " + some + "\n}")
	f.Add("serialguard {\n state_dir guard\n report webhook http://127.0.0.1:1/\n report alertmanager https://[::1]/x\n}")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseText(text)
		if err != nil {
			return
		}
		for _, s := range list {
			if len(s.zones) == 0 || s.audit < shortestAudit || s.history < 0 || s.history > mostHistory {
				t.Fatalf("accepted: %+v", s)
			}
			if x := s.terms; x.release < 0 || x.longest < 0 || x.signed <= 0 || x.then > servfail {
				t.Fatalf("accepted: %+v", x)
			}
			p := s.policy
			if p.DeletePercent < 1 || p.DeletePercent > 100 || p.DeleteCount < 0 || p.UpdateWarn < 1 || p.UpdateWarn > p.UpdateHold || p.UpdateHold > 100 ||
				p.MinRecords < 0 || p.Lag <= 0 || p.Quorum.Need == 1 || p.Quorum.Of > 0 && p.Quorum.Of < p.Quorum.Need {
				t.Fatalf("accepted: %+v", p)
			}
			for r, v := range p.On {
				if !guard.Changeable(r, v) {
					t.Fatalf("accepted: %s means %s", r, v)
				}
			}
			for _, a := range s.terms.approvals {
				if len(a.digest) != len(digestPrefix)+digestDigits {
					t.Fatalf("accepted: %+v", a)
				}
			}
		}
	})
}
