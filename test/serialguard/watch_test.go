package serialguard_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// watched is a Corefile with the plugin of the zone's content, and properties of serialguard.
func watched(backend string, guard ...string) string {
	return ".:{{port}} {\nbind 127.0.0.1\nerrors\nprometheus 127.0.0.1:{{port:metrics}}\n" +
		"serialguard " + zone + " {\naudit 1s\n" + strings.Join(guard, "\n") + "\n}\n" + backend + "\n}\n"
}

// The plugins that a zone file can be served with. The first of them reads a changed file only after a reload of the
// Corefile, if its serial stayed.
var (
	byFile  = "file {{dir}}/db.example.org " + zone
	byMtime = byFile + " {\nreload 50ms\nreload_by_mtime\n}"
	byAuto  = "auto {\ndirectory {{dir}}\nreload 50ms\n}"
)

// put replaces the zone file, at once for whoever reads it.
func put(t *testing.T, s *understudy.Server, text string) {
	t.Helper()
	path := filepath.Join(s.Dir(), "db.example.org")
	if err := os.WriteFile(path+".new", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// watch starts a server with a zone file, and waits until it watches the zone.
func watch(t *testing.T, backend, text string, guard ...string) *understudy.Server {
	t.Helper()
	s := understudy.New(t, understudy.Config{Corefile: watched(backend, guard...)})
	put(t, s, text)
	s.Restart(t)
	s.WaitLog(t, `example\.org\.: serial \d+ of plugin \w+ is watched, with \d+ records`)
	return s
}

// wantFinding waits for a line about a serial, and for its series to count it once.
func wantFinding(t *testing.T, s *understudy.Server, mark int, serial uint32, rule, reason string) {
	t.Helper()
	s.WaitLogFrom(t, mark, fmt.Sprintf(`\[WARNING\] plugin/serialguard: example\.org\.: serial %d of plugin \w+: %s \(warn\): %s`, serial, rule, reason))
	s.WaitMetric(t, "metrics", "coredns_serialguard_verdicts_total", 1, "zone="+zone, "rule="+rule, "verdict=warn")
}

// audits waits until all of the zone was looked at once more, from the beginning.
func audits(t *testing.T, s *understudy.Server) {
	t.Helper()
	const name = "coredns_serialguard_evaluation_seconds_count"
	before, _ := s.Metrics(t, "metrics").Value(name)
	s.WaitMetricThat(t, "metrics", name, "rises by two", func(v float64) bool { return v >= before+2 }) // one may have begun
}

// wantOnce audits once more, and looks whether something is in the log just once.
func wantOnce(t *testing.T, s *understudy.Server, what string) {
	t.Helper()
	audits(t, s)
	if n := strings.Count(s.Log(), what); n != 1 {
		t.Errorf("%s is in the log %d times", what, n)
	}
}

func wantSilence(t *testing.T, s *understudy.Server) {
	t.Helper()
	audits(t, s)
	if v, found := s.Metrics(t, "metrics").Value("coredns_serialguard_verdicts_total"); found {
		t.Errorf("%v findings", v)
	}
	if log := s.Log(); strings.Contains(log, "(warn)") || strings.Contains(log, "(hold)") {
		t.Error("there are findings in the log")
	}
}

// answers waits until a name has an address.
func answers(t *testing.T, s *understudy.Server, name, address string) {
	t.Helper()
	ask.Until(t, name+" has "+address, func() error {
		m, err := ask.Query(s.Addr(), name, dns.TypeA)
		if err == nil && (len(m.Answer) != 1 || !strings.HasSuffix(m.Answer[0].String(), address)) {
			err = fmt.Errorf("%v", m.Answer)
		}
		return err
	})
}

const renamed = `content changed \(2 records deleted, 3 added\), the serial 5 did not`

// two hosts have other addresses, and there is one more.
var (
	hostsBefore = []string{servers, some(20, hosts)}
	hostsAfter  = []string{servers, "h0 A 198.51.100.0\nh1 A 198.51.100.1", strings.TrimPrefix(some(20, hosts), some(2, hosts)+"\n"), "new A 198.51.100.2"}
)

func TestWatchContentThatChangesWithoutItsSerialIsTold(t *testing.T) {
	t.Parallel()
	s := watch(t, byMtime, zoneText(5, hostsBefore...))
	mark := s.Mark()
	put(t, s, zoneText(5, hostsAfter...))
	wantFinding(t, s, mark, 5, "same-serial", renamed)
	answers(t, s, "h0."+zone, "198.51.100.0") // it only observes
	wantOnce(t, s, "same-serial")
}

// A plugin that has read the file anew because of a reload of the Corefile shows what nobody else would see.
func TestWatchRemembersOverAReload(t *testing.T) {
	t.Parallel()
	s := watch(t, byFile, zoneText(5, hostsBefore...))
	put(t, s, zoneText(5, hostsAfter...))
	mark := s.Mark()
	s.Reload(t, "")
	wantFinding(t, s, mark, 5, "same-serial", renamed)
	s.Reload(t, "")
	wantOnce(t, s, "same-serial")
}

// An audit is not waited for after a reload.
func TestWatchAuditsAtOnceAfterAReload(t *testing.T) {
	t.Parallel()
	s := watch(t, byFile, zoneText(5, hostsBefore...), "audit 1h")
	put(t, s, zoneText(5, hostsAfter...))
	mark := s.Mark()
	s.Reload(t, "")
	wantFinding(t, s, mark, 5, "same-serial", renamed)
}

func TestWatchContentThatChangesWithItsSerialIsGood(t *testing.T) {
	t.Parallel()
	s := watch(t, byMtime, zoneText(5, hostsBefore...))
	put(t, s, zoneText(6, hostsAfter...))
	ask.WaitSerial(t, s.Addr(), zone, 6)
	wantSilence(t, s)
}

// A file that was written again, with its records in another order and in other case, has the same content.
func TestWatchAnotherOrderIsNoOtherContent(t *testing.T) {
	t.Parallel()
	s := watch(t, byMtime, zoneText(5, hostsBefore...))
	mark := s.Mark()
	put(t, s, zoneText(5, "h19 A 192.0.2.19", "H18 A 192.0.2.18", some(18, hosts), servers))
	s.WaitLogFrom(t, mark, `Successfully reloaded zone "example.org."`)
	wantSilence(t, s)
}

func TestWatchSerialsThatSecondariesDoNotFollowAreTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		serial       uint32
		rule, reason string
	}{
		{4, "serial-back", "is older than 5, which was there before, by 1"},
		{5 + 1<<31, "serial-ambiguous", `is 2\^31 away from 5: neither is newer`},
		{5 + 1<<31 - 1, "serial-jump", "is 2147483647 serials ahead of 5, more than 1073741824"},
		{0, "serial-zero", "has serial 0"},
	} {
		t.Run(fmt.Sprint(c.serial), func(t *testing.T) {
			t.Parallel()
			s := watch(t, byAuto, zoneText(5, hostsBefore...))
			mark := s.Mark()
			put(t, s, zoneText(c.serial, hostsBefore...))
			wantFinding(t, s, mark, c.serial, c.rule, c.reason)
			wantOnce(t, s, c.rule)
		})
	}
}

func TestWatchAZoneThatLosesItsNamesIsTold(t *testing.T) {
	t.Parallel()
	s := watch(t, byAuto, zoneText(5, hostsBefore...))
	mark := s.Mark()
	put(t, s, zoneText(6, servers, some(5, hosts)))
	wantFinding(t, s, mark, 6, "deletes", `deletes 15 of 22 names \(68\.2 %\), limit 30 %`)
}

// What the operator does not want to hear is not told.
func TestWatchHeedsThePolicy(t *testing.T) {
	t.Parallel()
	s := watch(t, byMtime, zoneText(5, hostsBefore...), "on deletes accept", "on updates accept")
	put(t, s, zoneText(6, servers, some(5, hosts)))
	ask.WaitSerial(t, s.Addr(), zone, 6)
	wantSilence(t, s)
}

func TestWatchAZoneOfSecondaryIsWatched(t *testing.T) {
	t.Parallel()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, calm(1, 50))
	s := understudy.Start(t, understudy.Config{Corefile: watched("secondary " + zone + " {\ntransfer from " + p.Addr() + "\n}")})
	s.WaitLog(t, `serial 1 of plugin secondary is watched`)
	mark := s.Mark()
	publish(t, p, s, calm(2, 0))
	wantFinding(t, s, mark, 2, "deletes", `deletes 50 of 5\d names`)
}

// A zone that goes is told once, and that it is back; what it was is remembered.
func TestWatchAZoneThatGoesIsTold(t *testing.T) {
	t.Parallel()
	s := watch(t, byAuto, zoneText(5, hostsBefore...))
	path := filepath.Join(s.Dir(), "db.example.org")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	const gone = `serial 5 was the last that could be seen: no plugin of the server block is authoritative for it`
	s.WaitLog(t, `\[WARNING\] plugin/serialguard: example\.org\.: `+gone)
	mark := s.Mark()
	put(t, s, zoneText(5, hostsAfter...))
	s.WaitLogFrom(t, mark, `example\.org\.: can be seen again: serial 5 of plugin auto`)
	wantFinding(t, s, mark, 5, "same-serial", renamed)
	wantOnce(t, s, "was the last that could be seen")
}

func TestWatchAZoneThatIsNotThereIsTold(t *testing.T) {
	t.Parallel()
	s := understudy.Start(t, understudy.Config{Corefile: watched(byAuto)})
	s.WaitLog(t, `\[WARNING\] plugin/serialguard: example\.org\.: cannot be watched: no plugin of the server block is authoritative`)
}

// A zone that nobody watched for a while begins anew.
func TestWatchForgetsWhatIsNotWatchedAnyMore(t *testing.T) {
	t.Parallel()
	s := watch(t, byFile, zoneText(5, hostsBefore...))
	unwatched := strings.Replace(watched(byFile), "serialguard "+zone, "serialguard other.example.", 1)
	s.Reload(t, unwatched)
	put(t, s, zoneText(5, hostsAfter...))
	mark := s.Mark()
	s.Reload(t, watched(byFile))
	s.WaitLogFrom(t, mark, `serial 5 of plugin file is watched`)
	wantSilence(t, s)
}

// While a restart fails, two instances of the file plugin have other content. Only that which serves is watched.
func TestWatchGoesOnWhenARestartFails(t *testing.T) {
	t.Parallel()
	s := watch(t, byFile, zoneText(5, hostsBefore...))
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	put(t, s, zoneText(5, hostsAfter...))
	_, port, _ := net.SplitHostPort(busy.Addr().String())
	if err := s.TryReload(t, watched(byFile)+"example.net:"+port+" {\nbind 127.0.0.1\nwhoami\n}\n"); err == nil {
		t.Fatal("it starts on a port that is in use")
	}
	answers(t, s, "h0."+zone, "192.0.2.0")
	wantSilence(t, s)
	mark := s.Mark()
	s.Reload(t, watched(byFile))
	wantFinding(t, s, mark, 5, "same-serial", renamed)
	put(t, s, zoneText(5, hostsBefore...))
	mark = s.Mark()
	s.Reload(t, "")
	s.WaitLogFrom(t, mark, `same-serial \(warn\): content changed \(3 records deleted, 2 added\)`)
}

// Beside secondaryplus, the zones of other plugins are watched, and its own are guarded.
func TestWatchBesideSecondaryplus(t *testing.T) {
	t.Parallel()
	p := primary.Start(t, primary.Config{Zone: "example.net."})
	p.Publish(t, calm(1, 50))
	text := strings.Replace(watched(byMtime+"\nsecondaryplus example.net {\ntransfer from "+p.Addr()+"\nretry 1s 1s\n}", "mode enforce"),
		"serialguard "+zone, "serialguard "+zone+" example.net. .", 1)
	s := understudy.New(t, understudy.Config{Corefile: text})
	put(t, s, zoneText(5, hostsBefore...))
	s.Restart(t)
	s.WaitLog(t, `example\.org\.: serial 5 of plugin file is watched`)
	ask.WaitSerial(t, s.Addr(), "example.net.", 1)
	mark := s.Mark()
	put(t, s, zoneText(5, hostsAfter...))
	wantFinding(t, s, mark, 5, "same-serial", renamed)
	tell(t, p, s)
	p.Publish(t, calm(2, 0))
	tell(t, p, s)
	s.WaitLog(t, `example\.net\.: serial 2 from .* is HELD`)
	audits(t, s)
	for _, line := range []string{"example.net.: serial 1 of plugin", "cannot be watched"} {
		if strings.Contains(s.Log(), line) {
			t.Errorf("the log has %q", line)
		}
	}
}

func TestWatchCannotEnforce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"enforce", "mode enforce\n}\n" + byFile, "'mode enforce' needs secondaryplus; the zones of 'file' can only be observed"},
		{"nothing there", "}\nwhoami", "there is no secondaryplus in the server block whose zones could be guarded, and no other plugin"},
		{"audit too often", "audit 999ms\n}\n" + byFile, "no more often than every 1s"},
		{"audit without a time", "audit\n}\n" + byFile, "Wrong argument count"},
		{"audit of no time", "audit hourly\n}\n" + byFile, "not a duration"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := understudy.TryStart(t, understudy.Config{Corefile: ".:{{port}} {\nserialguard " + zone + " {\n" + c.text + "\n}\n"})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "Corefile:") {
				t.Errorf("%v", err)
			}
		})
	}
}

// A large zone is read again and again while queries come.
func TestWatchLosesNoQuery(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&b, "x%d A 10.0.%d.%d\n", i, i>>8&255, i&255)
	}
	s := watch(t, byFile, zoneText(5, servers, b.String()))
	a := ask.Always(t, s.Addr(), "ns."+zone, dns.TypeA)
	began := time.Now()
	audits(t, s)
	a.WantAllAnswered(t, 10)
	t.Logf("two audits of 100,000 names within %s", time.Since(began))
}
