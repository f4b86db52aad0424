package serialguard_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/understudy"
)

// An emptied zone with a valid serial is held, and the last good one answers.
func TestDrill35AnEmptiedZoneIsHeldUntilThePrimaryTakesItBack(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50), "mode enforce")
	publish(t, p, s, calm(2, 0))
	wantHeld(t, s, 2, 1, "deletes", `serial 1 goes on being served`)
	if m := ask.Ask(t, s.Addr(), "h49."+zone, dns.TypeA); len(m.Answer) != 1 {
		t.Errorf("the last good version does not answer: %v", m)
	}
	publish(t, p, s, calm(3, 51))
	ask.WaitSerial(t, s.Addr(), zone, 3)
	s.WaitStatus(t, "status", zone, "held.serial", `^$`)
}

func TestANearMissPasses(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50), "mode enforce")
	publish(t, p, s, calm(2, 41)) // nine names are gone
	ask.WaitSerial(t, s.Addr(), zone, 2)
}

// The digest in the log, with its serial, lets exactly that content through.
func TestDrill36AnEmptiedZoneThatIsApprovedByItsDigestIsPublished(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50), "mode enforce")
	publish(t, p, s, calm(2, 0))
	digest := wantHeld(t, s, 2, 1, "deletes", `'accept 2 sha384:`)
	other := digest[:len(digest)-1] + string('0'+(digest[len(digest)-1]+1)%2)
	s.Reload(t, corefile(p, "mode enforce", "accept 2 "+other, "accept 3 "+digest))
	tell(t, p, s)
	wantHeld(t, s, 2, 1, "deletes", "")
	s.Reload(t, corefile(p, "mode enforce", "accept 2 "+digest))
	tell(t, p, s)
	ask.WaitSerial(t, s.Addr(), zone, 2)
	s.WaitLog(t, `serial 2 \(was 1\) .*released: approved by its digest`)
	s.WaitMetric(t, "metrics", "coredns_serialguard_released_total", 1, "zone="+zone, "how=approved")
}

// The reload itself has what is held judged again: no primary says anything for an hour.
func TestAnApprovalInTheCorefileCountsFromTheReloadOn(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50), "mode enforce")
	publish(t, p, s, calm(2, 0))
	digest := wantHeld(t, s, 2, 1, "deletes", "")
	s.Reload(t, corefile(p, "mode enforce", "accept 2 "+digest))
	ask.WaitSerial(t, s.Addr(), zone, 2)
}

func TestWhatOnlyObservesSaysWhatItWouldHaveDone(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50))
	publish(t, p, s, calm(2, 0))
	ask.WaitSerial(t, s.Addr(), zone, 2)
	s.WaitLog(t, `serial 2 \(was 1\) .*; but deletes \(hold\): .*'mode enforce' would hold it`)
}

func TestAHeldVersionIsReleasedWhenItIsStillThere(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50), "mode enforce", "release auto 1s")
	publish(t, p, s, calm(2, 0))
	s.WaitLog(t, `serial 2 from .* is HELD`)
	ask.WaitSerial(t, s.Addr(), zone, 2)
	s.WaitLog(t, `released: it is still there after 1s`)
}

// With serialguard in the block, and with it gone, a zone that is not named in it is as it was.
func TestAZoneThatIsNotNamedIsNotGuarded(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50))
	s.Reload(t, strings.Replace(corefile(p, "mode enforce"), "serialguard "+zone, "serialguard other.example.", 1))
	publish(t, p, s, calm(2, 0))
	ask.WaitSerial(t, s.Addr(), zone, 2)
}

func TestACorefileThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"mode maybe":                        "mode is 'enforce' or 'observe'",
		"on nothing hold":                   "there is no rule",
		"on cname warn":                     "there is no rule",
		"on alias warn":                     "holds for every zone",
		"on deletes perhaps":                "none of accept, warn, hold, reject",
		"deletes 0 min 10":                  "not a percentage",
		"updates warn 60 hold 50":           "held from 50 %",
		"accept 5":                          "a serial alone says nothing",
		"accept 5 sha384:12":                "not a digest",
		"release soon":                      "release is given as",
		"hold_max 1h then shrug":            "hold_max is given as",
		"window yesterday 1h":               "not a time",
		"protect www.example.org.":          "protect is given as",
		"require NOSUCHTYPE":                "not a type",
		"signature_deadline -1h":            "not a duration",
		"state_dir /proc/version/x":         "state_dir: stat /proc/version/x: not a directory",
		"state_dir":                         "Wrong argument count",
		"quorum 3 of 2":                     "a quorum of 3 among 2 primaries",
		"quorum 1":                          "a quorum of 1 is none",
		"quorum two":                        "not a number",
		"quorum 2":                          "a quorum of 2, and example.org. has 1 primaries",
		"quorum 2 of 3":                     "a quorum of 3 primaries, and example.org. has 1",
		"audit 10ms":                        "no more often than every 1s",
		"history 1000":                      "at most 100 versions",
		"hold_max 800h then serve":          "hold_max 800h0m0s is not shorter than the longest EXPIRE of example.org., 672h0m0s",
		"on serial-back warn adopt 1h":      "'adopt' is for what is held",
		"on primary-behind accept after 1h": "'after' is for what primary-behind warns of",
		"on updates hold soon 1h":           "on is given as",
		"on same-serial hold":               "can accept or warn",
		"on updates hold adopt 1h":          "'adopt' is for what is held",
		"report pager http://x/":            "report is given as",
		"report webhook ftp://x/":           "report: ",
		"min_records many":                  "not a number",
		"format text":                       "format is given as",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			text := ".:{{port}} {\nserialguard " + zone + " {\n" + line + "\n}\nsecondaryplus " + zone + " {\ntransfer from 127.0.0.1:1\n}\n}\n"
			_, err := understudy.TryStart(t, understudy.Config{Corefile: text})
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "Corefile:3") {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("without secondaryplus", func(t *testing.T) {
		t.Parallel()
		_, err := understudy.TryStart(t, understudy.Config{Corefile: ".:{{port}} {\nserialguard " + zone + "\nwhoami\n}\n"})
		if err == nil || !strings.Contains(err.Error(), "there is no secondaryplus") {
			t.Errorf("%v", err)
		}
	})
}

// A hundred thousand records change while queries come: they are judged and applied beside the answers.
func TestDrill48ALargeDeltaLosesNoQuery(t *testing.T) {
	t.Parallel()
	const hosts = 50_000 // each is deleted with one address, and added with another
	text := func(serial int) string {
		var b strings.Builder
		fmt.Fprintf(&b, "$TTL 300\n@ SOA ns hostmaster %d 3600 1 86400 30\n@ NS ns\nns A 127.0.0.1\n", serial)
		for i := range hosts {
			fmt.Fprintf(&b, "h%d A 10.%d.%d.%d\n", i, serial, i>>8, i&255)
		}
		return b.String()
	}
	p, s := start(t, text(1), "mode enforce", "updates warn 100 hold 100")
	a := ask.Always(t, s.Addr(), "ns."+zone, dns.TypeA)
	publish(t, p, s, text(2))
	ask.WaitSerial(t, s.Addr(), zone, 2)
	a.WantAllAnswered(t, 10)
	s.WaitLog(t, `serial 2 \(was 1\) by ixfr`)
	s.WaitMetricThat(t, "metrics", "coredns_serialguard_evaluation_seconds_count", "≥ 2", func(v float64) bool { return v >= 2 })
}

// A hold, and since when it is one, survive a reload and a restart.
func TestAHoldSurvivesAReloadAndARestart(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50), "mode enforce")
	publish(t, p, s, calm(2, 0))
	wantHeld(t, s, 2, 1, "deletes", "")
	since := heldSince(t, s)
	s.Reload(t, corefile(p, "mode enforce", "release auto 1000h"))
	wantHeld(t, s, 2, 1, "deletes", "")
	if got := heldSince(t, s); got != since {
		t.Errorf("after the reload held since %s, not %s", got, since)
	}
	s.Restart(t)
	wantHeld(t, s, 2, 1, "deletes", "")
	if got := heldSince(t, s); got != since {
		t.Errorf("after the restart held since %s, not %s", got, since)
	}
}

func heldSince(t *testing.T, s *understudy.Server) string {
	t.Helper()
	document, err := s.ZoneStatus("status", zone)
	if err != nil {
		t.Fatal(err)
	}
	held, _ := document["held"].(map[string]any)
	since, _ := held["since"].(string)
	if since == "" {
		t.Fatalf("nothing is held: %v", document)
	}
	return since
}
