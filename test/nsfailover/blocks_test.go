package nsfailover_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/inbox"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// twoBlocks has a pool in each of two server blocks, and the state in one of them.
func twoBlocks(t *testing.T, port int, first, second string) string {
	t.Helper()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, strings.TrimPrefix(zoneText, "$ORIGIN example.org.\n"))
	block := func(port, pool, more string, check int) string {
		return strings.Join([]string{
			zone + ":" + port + " {", "bind 127.0.0.1", "errors", more, "nsfailover pool " + pool + " {",
			"primary 127.0.7.1 127.0.7.2", fmt.Sprintf("check tcp %d", check), quick, "}",
			"secondaryplus {", "transfer from " + p.Addr(), "status 127.0.0.1:{{port:status}}", "}", "}", "",
		}, "\n")
	}
	return block("{{port}}", "www.example.org", first, port) + block("{{port:second}}", "ns.example.org", second, port)
}

// What was ordered in any server block outlives a restart, wherever `state` is.
func TestOrdersOfEveryBlockAreKept(t *testing.T) {
	t.Parallel()
	for name, where := range map[string][2]string{"in the first": {"nsfailover state {{dir}}/health", ""}, "in the second": {"", "nsfailover state {{dir}}/health"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, port := backends(t, "127.0.7.1", "127.0.7.2")
			s := understudy.Start(t, understudy.Config{Corefile: twoBlocks(t, port, where[0], where[1])})
			want := func(addrs string) {
				t.Helper()
				wantAddrs(t, s, www, addrs)
				ask.Until(t, "the pool of the second block has "+addrs, func() error {
					return addrsAre(s.AddrOf("second"), "ns.example.org.", addrs)
				})
			}
			want("127.0.7.1 127.0.7.2")
			for _, pool := range []string{"www", "ns"} {
				if code := order(t, s, pool+".example.org/127.0.7.1/drain"); code != http.StatusOK {
					t.Fatal(code)
				}
			}
			want("127.0.7.2")
			s.Restart(t)
			want("127.0.7.2")
		})
	}
}

// An order is about a member, and not about how it is checked, also where a reload fails.
func TestAnOrderOutlivesAnotherCheck(t *testing.T) {
	t.Parallel()
	_, port := backends(t, "127.0.7.1", "127.0.7.2")
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, strings.TrimPrefix(zoneText, "$ORIGIN example.org.\n"))
	text := func(check string) string {
		return corefile("secondaryplus {\ntransfer from "+p.Addr()+"\nstatus 127.0.0.1:{{port:status}}\n}", "primary 127.0.7.1 127.0.7.2", check, quick)
	}
	check := fmt.Sprintf("check http http://www.example.org:%d/", port)
	s := understudy.Start(t, understudy.Config{Corefile: text(check)})
	wantAddrs(t, s, www, "127.0.7.1 127.0.7.2")
	if code := order(t, s, "www.example.org/127.0.7.1/drain"); code != http.StatusOK {
		t.Fatal(code)
	}
	wantAddrs(t, s, www, "127.0.7.2")
	taken := "example.net:" + strings.Split(p.Addr(), ":")[1] + " {\nbind 127.0.0.1\nerrors\n}\n"
	if err := s.TryReload(t, text(check+" status 200")+taken); err == nil {
		t.Fatal("a port that is taken was taken")
	}
	wantAddrs(t, s, www, "127.0.7.2")
	s.Reload(t, text(check+" status 200"))
	wantAddrs(t, s, www, "127.0.7.2")
	if code := order(t, s, "www.example.org/127.0.7.1/auto"); code != http.StatusOK {
		t.Fatal(code)
	}
	wantAddrs(t, s, www, "127.0.7.1 127.0.7.2")
}

// Two server blocks with one key, bound to two addresses, have a pool each.
func TestBlocksWithOneKeyAreToldApart(t *testing.T) {
	t.Parallel()
	_, port := backends(t, "127.0.7.1", "127.0.7.2")
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, strings.TrimPrefix(zoneText, "$ORIGIN example.org.\n"))
	block := func(bind, member string) string {
		return strings.Join([]string{
			zone + ":{{port}} {", "bind " + bind, "errors", "prometheus 127.0.0.1:{{port:metrics}}", "nsfailover pool www.example.org {",
			"primary " + member, fmt.Sprintf("check tcp %d", port), quick, "}", "nsfailover watch {", "parent off", "}",
			"nsfailover primaries", "secondaryplus {", "transfer from " + p.Addr(), "}", "}", "",
		}, "\n")
	}
	s := understudy.Start(t, understudy.Config{Corefile: block("127.0.0.1", "127.0.7.1") + block("127.0.7.9", "127.0.7.2")})
	wantAddrs(t, s, www, "127.0.7.1")
	second := strings.Replace(s.Addr(), "127.0.0.1", "127.0.7.9", 1)
	if err := addrsAre(second, www, "127.0.7.2"); err != nil {
		t.Errorf("the second block: %v", err)
	}
	s.WaitMetric(t, "metrics", "coredns_nsfailover_target_up", 1, "target=127.0.7.2", "server=dns://example.org.:"+strings.Split(s.Addr(), ":")[1]+"@127.0.7.9")
}

// A pool that stands on its backups is reported after a restart as well, and not any more when it is taken away.
func TestWhatIsWrongIsReportedAgain(t *testing.T) {
	t.Parallel()
	in := inbox.Start(t)
	b, port := backends(t, "127.0.7.1", "127.0.7.2")
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, strings.TrimPrefix(zoneText, "$ORIGIN example.org.\n"))
	rest := "nsfailover state {{dir}}/health\nnsfailover report {\nwebhook " + in.URL + "\n}\nsecondaryplus {\ntransfer from " + p.Addr() + "\n}"
	text := corefile(rest, "primary 127.0.7.1", "backup 127.0.7.2", fmt.Sprintf("check http http://www.example.org:%d/", port), quick)
	s := understudy.Start(t, understudy.Config{Corefile: text})
	wantAddrs(t, s, www, "127.0.7.1")
	b[0].fail()
	in.Want(t, `"alert":"PoolFailedOver"`, `"state":"firing"`)
	s.Restart(t)
	ask.Until(t, "it is told again", func() error {
		if n := in.Count(`"alert":"PoolFailedOver"`); n != 2 {
			return fmt.Errorf("told %d times", n)
		}
		return nil
	})
	if in.Find(`"state":"resolved"`) != "" {
		t.Error("the end of the process is told as the end of what is wrong")
	}
	s.Reload(t, zone+":{{port}} {\nbind 127.0.0.1\nerrors\nprometheus 127.0.0.1:{{port:metrics}}\n"+rest+"\n}\n")
	in.Want(t, `"alert":"PoolFailedOver"`, `"state":"resolved"`)
}

// Another directory is used from the reload on, with what is known; two in one Corefile are an error.
func TestTheStateMoves(t *testing.T) {
	t.Parallel()
	_, port := backends(t, "127.0.7.1", "127.0.7.2")
	text := twoBlocks(t, port, "nsfailover state {{dir}}/one", "")
	s := understudy.Start(t, understudy.Config{Corefile: text})
	wantAddrs(t, s, www, "127.0.7.1 127.0.7.2")
	if code := order(t, s, "www.example.org/127.0.7.1/drain"); code != http.StatusOK {
		t.Fatal(code)
	}
	wantAddrs(t, s, www, "127.0.7.2")
	if err := s.TryReload(t, strings.Replace(text, "errors\n\n", "errors\nnsfailover state {{dir}}/two\n", 1)); err == nil {
		t.Error("two directories were taken")
	}
	s.WaitLog(t, `Corefile:\d+ - Error during parsing: there is another state at .*Corefile:\d+`)
	s.Reload(t, strings.Replace(text, "{{dir}}/one", "{{dir}}/two", 1))
	s.Restart(t)
	wantAddrs(t, s, www, "127.0.7.2")
}

// A start that fails because the directory is in use takes nothing from the next one.
func TestAStateThatIsInUseIsNotLost(t *testing.T) {
	t.Parallel()
	_, port := backends(t, "127.0.7.1", "127.0.7.2")
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, strings.TrimPrefix(zoneText, "$ORIGIN example.org.\n"))
	dir := t.TempDir()
	rest := "secondaryplus {\ntransfer from " + p.Addr() + "\nstatus 127.0.0.1:{{port:status}}\n}"
	with := corefile("nsfailover state "+dir+"\n"+rest, "primary 127.0.7.1 127.0.7.2", fmt.Sprintf("check tcp %d", port), quick)
	without := zone + ":{{port}} {\nbind 127.0.0.1\nerrors\nprometheus 127.0.0.1:{{port:metrics}}\n" + rest + "\n}\n"
	s := understudy.Start(t, understudy.Config{Corefile: with})
	wantAddrs(t, s, www, "127.0.7.1 127.0.7.2")
	if code := order(t, s, "www.example.org/127.0.7.1/drain"); code != http.StatusOK {
		t.Fatal(code)
	}
	s.Reload(t, without)
	lock, err := os.OpenFile(filepath.Join(dir, "nsfailover.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Fatalf("the directory is in use though nobody has it: %v", err)
	}
	if err := s.TryReload(t, with); err == nil {
		t.Fatal("a directory that is in use was taken")
	}
	s.WaitLog(t, `Corefile:\d+ - state: .*directory is in use`)
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	s.Reload(t, with)
	wantAddrs(t, s, www, "127.0.7.2")
}

// What is damped is told as it is now: not while an operator has a word about it, however often it is reloaded.
func TestADampedMemberIsToldAsItIs(t *testing.T) {
	t.Parallel()
	in := inbox.Start(t)
	b, port := backends(t, "127.0.7.1", "127.0.7.2")
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, strings.TrimPrefix(zoneText, "$ORIGIN example.org.\n"))
	text := func(backup string) string {
		return corefile("nsfailover report {\nwebhook "+in.URL+"\n}\nsecondaryplus {\ntransfer from "+p.Addr()+"\nstatus 127.0.0.1:{{port:status}}\n}",
			"primary 127.0.7.1 127.0.7.2", backup, fmt.Sprintf("check http http://www.example.org:%d/", port), quick, "flap 1 1m penalty 1h cap 1h")
	}
	s := understudy.Start(t, understudy.Config{Corefile: text("backup 127.0.7.3")})
	wantAddrs(t, s, www, "127.0.7.1 127.0.7.2")
	s.WaitMetric(t, "metrics", "coredns_nsfailover_target_state", 1, "target=127.0.7.1", "state=UP")
	told := func(state string, n int) {
		t.Helper()
		ask.Until(t, fmt.Sprintf("it is told %d times that it is %s", n, state), func() error {
			if got := in.Count(`"alert":"TargetFlapping"`, `"target":"127.0.7.1"`, `"state":"`+state+`"`); got != n {
				return fmt.Errorf("%d times", got)
			}
			return nil
		})
	}
	for range 3 {
		b[0].fail()
		if ask.Poll(5*time.Second, func() error { return hasAddrs(s, www, "127.0.7.2") }) != nil {
			break
		}
		b[0].heal()
		if ask.Poll(5*time.Second, func() error { return hasAddrs(s, www, "127.0.7.1 127.0.7.2") }) != nil {
			break // it is damped
		}
	}
	told("firing", 1)
	for _, word := range []string{"drain", "auto", "down"} {
		if code := order(t, s, "www.example.org/127.0.7.1/"+word); code != http.StatusOK {
			t.Fatal(code)
		}
		s.Reload(t, text("backup 127.0.7."+map[string]string{"drain": "4", "auto": "5", "down": "6"}[word]))
	}
	told("resolved", 2)
	told("firing", 2)
}
