package nsfailover_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/understudy"
)

// The primary dies: the backup is answered, with a short TTL; it comes back, and after a while so do the answers.
func TestAPoolFailsOverAndBack(t *testing.T) {
	t.Parallel()
	b, port := backends(t, "127.0.7.1", "127.0.7.2")
	s := start(t, "primary 127.0.7.1", "backup 127.0.7.2", fmt.Sprintf("check http http://www.example.org:%d/health", port), quick, "ttl 5 20")
	wantAddrs(t, s, www, "127.0.7.1")
	wantAddrs(t, s, "alias."+zone, "127.0.7.1")
	wantAddrs(t, s, "other."+zone, "192.0.2.7")
	if m := ask.Ask(t, s.Addr(), www, dns.TypeA); m.Answer[0].Header().Ttl != 20 || !m.Authoritative {
		t.Errorf("%v", m)
	}
	s.WaitMetric(t, "metrics", "coredns_nsfailover_target_up", 1, "target=127.0.7.1")
	s.WaitMetric(t, "metrics", "coredns_nsfailover_target_state", 1, "target=127.0.7.1", "state=UP")
	b[0].fail()
	wantAddrs(t, s, www, "127.0.7.2")
	if m := ask.Ask(t, s.Addr(), "alias."+zone, dns.TypeA); len(m.Answer) != 2 || m.Answer[1].Header().Ttl != 5 {
		t.Errorf("%v", m)
	}
	s.WaitLog(t, `pool www\.example\.org\.: 127\.0\.7\.1 is DOWN \(was SUSPECT\): .*503`)
	s.WaitLog(t, `pool www\.example\.org\.: FAILED OVER: the ipv4 addresses are those of the backups`)
	s.WaitMetric(t, "metrics", "coredns_nsfailover_pool_active", 1, "family=ipv4", "tier=backup")
	s.WaitMetric(t, "metrics", "coredns_nsfailover_failovers_total", 1, "family=ipv4", "to=backup")
	b[0].heal()
	wantAddrs(t, s, www, "127.0.7.1")
	s.WaitMetric(t, "metrics", "coredns_nsfailover_failovers_total", 1, "family=ipv4", "to=primary")
}

// What is asked for besides addresses is as it is in the zone, and so is a name that is not there.
func TestAPoolChangesNothingElse(t *testing.T) {
	t.Parallel()
	_, port := backends(t, "127.0.7.1")
	s := start(t, "primary 127.0.7.1", fmt.Sprintf("check tcp %d", port), quick)
	if m := ask.Ask(t, s.Addr(), www, dns.TypeAAAA); len(m.Answer) != 0 || len(m.Ns) != 1 || m.Rcode != dns.RcodeSuccess {
		t.Errorf("%v", m)
	}
	if m := ask.Ask(t, s.Addr(), www, dns.TypeTXT); len(m.Answer) != 0 || len(m.Ns) != 1 {
		t.Errorf("%v", m)
	}
	if m := ask.Ask(t, s.Addr(), "nothing."+zone, dns.TypeA); m.Rcode != dns.RcodeNameError {
		t.Errorf("%v", m)
	}
}

// A family that the zone does not have is answered where the pool has it.
func TestAPoolHasAnotherFamilyThanTheZone(t *testing.T) {
	t.Parallel()
	_, port := backends(t, "127.0.7.1", "::1")
	s := start(t, "primary 127.0.7.1 ::1", fmt.Sprintf("check tcp %d", port), quick)
	m := ask.Ask(t, s.Addr(), www, dns.TypeAAAA)
	if len(m.Answer) != 1 || len(m.Ns) != 0 || m.Answer[0].(*dns.AAAA).AAAA.String() != "::1" {
		t.Errorf("%v", m)
	}
}

func TestDrill40PrimaryAndBackupAreDown(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]string{
		"primary": "127.0.7.1", "backup": "127.0.7.2", "all": "127.0.7.1 127.0.7.2", "last": "127.0.7.2", "empty": "", "servfail": "SERVFAIL",
	} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			b, port := backends(t, "127.0.7.1", "127.0.7.2")
			s := start(t, "primary 127.0.7.1", "backup 127.0.7.2", fmt.Sprintf("check http http://www.example.org:%d/", port), quick, "all_down "+policy)
			s.WaitMetric(t, "metrics", "coredns_nsfailover_pool_members_up", 2)
			b[0].fail()
			wantAddrs(t, s, www, "127.0.7.2")
			b[1].fail()
			s.WaitLog(t, `ALL DOWN: no ipv4 address works; the answer is '`+policy+`'`)
			wantAddrs(t, s, www, want)
			if m := ask.Ask(t, s.Addr(), www, dns.TypeA); policy == "empty" && (len(m.Ns) != 1 || m.Ns[0].Header().Rrtype != dns.TypeSOA) {
				t.Errorf("%v", m)
			}
			s.WaitMetric(t, "metrics", "coredns_nsfailover_failovers_total", 1)
			b[0].heal()
			wantAddrs(t, s, www, "127.0.7.1")
		})
	}
}

// That there is no address is not believed for longer than an address of a backup, whether the zone has the type or not.
// What is answered of other types is as it is in the zone.
func TestNothingIsKeptForLong(t *testing.T) {
	t.Parallel()
	b, port := backends(t, "127.0.7.1", "::1")
	s := start(t, "primary 127.0.7.1 ::1", fmt.Sprintf("check http http://www.example.org:%d/", port), quick, "all_down empty", "ttl 5 20")
	wantAddrs(t, s, www, "127.0.7.1")
	b[0].fail()
	b[1].fail()
	for _, qtype := range []uint16{dns.TypeA, dns.TypeAAAA} {
		ask.Until(t, "there is nothing", func() error {
			if m := ask.Ask(t, s.Addr(), www, qtype); len(m.Answer) > 0 {
				return fmt.Errorf("%v", m.Answer)
			}
			return nil
		})
		if m := ask.Ask(t, s.Addr(), www, qtype); len(m.Ns) != 1 || m.Ns[0].Header().Rrtype != dns.TypeSOA || m.Ns[0].Header().Ttl != 5 {
			t.Errorf("%v", m)
		}
	}
	if m := ask.Ask(t, s.Addr(), www, dns.TypeTXT); len(m.Ns) != 1 || m.Ns[0].Header().Ttl == 5 {
		t.Errorf("%v", m)
	}
}

// An endpoint that accepts and says nothing is as good as dead, and costs no more than a timeout.
func TestDrill42AnEndpointHangs(t *testing.T) {
	t.Parallel()
	b, port := backends(t, "127.0.7.1", "127.0.7.2")
	s := start(t, "primary 127.0.7.1", "backup 127.0.7.2", fmt.Sprintf("check http http://www.example.org:%d/", port), quick)
	s.WaitMetric(t, "metrics", "coredns_nsfailover_pool_members_up", 2)
	b[0].hang.Store(true)
	wantAddrs(t, s, www, "127.0.7.2")
	s.WaitMetricThat(t, "metrics", "coredns_nsfailover_checks_total", "≥ 2", func(v float64) bool { return v >= 2 }, "kind=http", "result=timeout")
}

func TestBalance(t *testing.T) {
	t.Parallel()
	b, port := backends(t, "127.0.7.1", "127.0.7.2", "127.0.7.3")
	for i := range b {
		b[i].load.Store(int32(10 - i))
	}
	first := func(t *testing.T, s *understudy.Server) string {
		t.Helper()
		return ask.Ask(t, s.Addr(), www, dns.TypeA).Answer[0].(*dns.A).A.String()
	}
	members := "primary 127.0.7.1 127.0.7.2 127.0.7.3"
	check := fmt.Sprintf("check http http://www.example.org:%d/ match \"^host www\"", port)
	t.Run("all, in turn", func(t *testing.T) {
		t.Parallel()
		s := start(t, members, check, quick)
		wantAddrs(t, s, www, "127.0.7.1 127.0.7.2 127.0.7.3")
		if x, y, z := first(t, s), first(t, s), first(t, s); x == y || y == z || x == z {
			t.Errorf("%s %s %s", x, y, z)
		}
	})
	t.Run("one", func(t *testing.T) {
		t.Parallel()
		s := start(t, members, check, quick, "balance one")
		if got := strings.Fields(addrs(t, s, www)); len(got) != 1 {
			t.Error(got)
		}
	})
	t.Run("one, for clients of both families", func(t *testing.T) {
		t.Parallel()
		s := start(t, "primary 127.0.7.1 127.0.7.2 ::1", check, quick, "balance one")
		x := first(t, s)
		ask.Ask(t, s.Addr(), www, dns.TypeAAAA)
		if y := first(t, s); x == y {
			t.Errorf("%s again", x)
		}
	})
	t.Run("the least load", func(t *testing.T) {
		t.Parallel()
		s := start(t, members, check, quick, "balance load X-Load")
		s.WaitMetric(t, "metrics", "coredns_nsfailover_target_state", 3, "state=UP")
		if got := first(t, s); got != "127.0.7.3" {
			t.Error(got)
		}
	})
	t.Run("the least load, without one that tells none", func(t *testing.T) {
		t.Parallel()
		shy, port := backends(t, "127.0.7.4", "127.0.7.5")
		shy[0].shy.Store(true)
		shy[1].load.Store(7)
		s := start(t, "primary 127.0.7.4 127.0.7.5", fmt.Sprintf("check http http://www.example.org:%d/", port), quick, "balance load X-Load")
		s.WaitMetric(t, "metrics", "coredns_nsfailover_target_state", 2, "state=UP")
		if got := first(t, s); got != "127.0.7.5" {
			t.Error(got)
		}
	})
}

// The address that a name server has is compared with the one that is expected, as failover scripts do.
func TestACheckOfAnAddress(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/db"
	write(t, path, zoneText)
	origin := understudy.Start(t, understudy.Config{Corefile: zone + ":{{port}} {\nbind 127.0.0.1\nfile " + path + "\n}\n"})
	_, port, _ := strings.Cut(origin.Addr(), ":")
	s := start(t, "primary 127.0.0.1", "backup 127.0.7.2", "check dns other.example.org A expect 192.0.2.7 port "+port, quick)
	s.WaitMetric(t, "metrics", "coredns_nsfailover_target_state", 1, "target=127.0.0.1", "state=UP")
	wantAddrs(t, s, www, "127.0.0.1")
	bad := start(t, "primary 127.0.0.1", "backup 127.0.7.2", "check dns other.example.org A expect 192.0.2.8 port "+port, quick, "all_down backup")
	wantAddrs(t, bad, www, "127.0.7.2")
	bad.WaitLog(t, `127\.0\.0\.1 is DOWN`)
}

// A pool is told from one of another block, and what was known of it survives a reload, as do its answers.
func TestAPoolSurvivesAReload(t *testing.T) {
	t.Parallel()
	b, port := backends(t, "127.0.7.1", "127.0.7.2")
	pool := []string{"primary 127.0.7.1", "backup 127.0.7.2", fmt.Sprintf("check http http://www.example.org:%d/", port), quick}
	path := t.TempDir() + "/db"
	write(t, path, zoneText)
	s := understudy.Start(t, understudy.Config{Corefile: corefile("file "+path, pool...)})
	b[0].fail()
	wantAddrs(t, s, www, "127.0.7.2")
	a := ask.Always(t, s.Addr(), www, dns.TypeA)
	s.Reload(t, corefile("file "+path, append(pool, "ttl 7 9")...))
	wantAddrs(t, s, www, "127.0.7.2")
	if m := ask.Ask(t, s.Addr(), www, dns.TypeA); m.Answer[0].Header().Ttl != 7 {
		t.Errorf("%v", m)
	}
	if err := s.TryReload(t, corefile("file "+path, "primary 127.0.7.1", "nonsense")); err == nil {
		t.Error("nonsense was taken")
	}
	wantAddrs(t, s, www, "127.0.7.2")
	a.WantAllAnswered(t, 1)
}

// What is known is kept over a restart: an address that is down is not answered before it was probed again.
func TestHealthSurvivesARestart(t *testing.T) {
	t.Parallel()
	b, port := backends(t, "127.0.7.1", "127.0.7.2")
	path := t.TempDir() + "/db"
	write(t, path, zoneText)
	slow := strings.Replace(quick, "down 300ms", "down 1h", 1)
	text := corefile("nsfailover state {{dir}}\nfile "+path, "primary 127.0.7.1", "backup 127.0.7.2", fmt.Sprintf("check http http://www.example.org:%d/", port), slow)
	s := understudy.Start(t, understudy.Config{Corefile: text})
	b[0].fail()
	wantAddrs(t, s, www, "127.0.7.2")
	b[0].heal()
	s.Restart(t)
	if got := addrs(t, s, www); got != "127.0.7.2" {
		t.Errorf("after the restart: %s", got)
	}
}

func TestACorefileThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	good := "primary 192.0.2.1\ncheck tcp 80\n"
	for text, want := range map[string]string{
		"nsfailover":                           "a role is needed",
		"nsfailover pools x":                   "unknown role 'pools'",
		"nsfailover pool www.example.org {\n}": "has no primary address",
		"nsfailover pool www.example.org {\nprimary 192.0.2.1\n}":                        "has no check",
		"nsfailover pool www.example.net {\n" + good + "}":                               "outside of the zones",
		"nsfailover pool www.example.org {\n" + good + "backup 192.0.2.1\n}":             "192.0.2.1 is primary and backup",
		"nsfailover pool www.example.org {\n" + good + "min_up 2\n}":                     "min_up 2, and pool",
		"nsfailover pool www.example.org {\n" + good + "interval 500ms\n}":               "interval is less than 1s",
		"nsfailover pool www.example.org {\n" + good + "timeout 2s\n}":                   "timeout is not less than fast",
		"nsfailover pool www.example.org {\n" + good + "fall 0\n}":                       "not a number from 1 on",
		"nsfailover pool www.example.org {\n" + good + "flap 4 10m penalty 1m cap 1s\n}": "cap is less than penalty",
		"nsfailover pool www.example.org {\n" + good + "all_down shrug\n}":               "all_down is one of",
		"nsfailover pool www.example.org {\n" + good + "balance load\n}":                 "needs the header",
		"nsfailover pool www.example.org {\n" + good + "weight 192.0.2.9 3\n}":           "which is no member",
		"nsfailover pool www.example.org {\n" + good + "colour red\n}":                   "unknown property 'colour'",
		"nsfailover pool www.example.org {\nprimary 192.0.2.1\ncheck http nonsense\n}":   "bad check",
		"nsfailover quorum {\netcd http://127.0.0.1:1\n}":                                "needs the name of this site",
		"nsfailover quorum {\nas a\n}":                                                   "needs an etcd",
		"nsfailover quorum {\netcd http://127.0.0.1:1\nas a\nagree some\n}":              "agree is given as",
		"nsfailover report {\nwebhook ftp://x/\n}":                                       "http",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			_, err := understudy.TryStart(t, understudy.Config{Corefile: zone + ":{{port}} {\n" + text + "\nwhoami\n}\n"})
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "Corefile:") {
				t.Errorf("%v", err)
			}
		})
	}
}
