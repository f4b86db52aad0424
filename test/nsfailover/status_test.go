package nsfailover_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// withStatus is ours as a secondary, with a pool and the status.
func withStatus(t *testing.T, pool ...string) *understudy.Server {
	t.Helper()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, strings.TrimPrefix(zoneText, "$ORIGIN example.org.\n"))
	s := understudy.Start(t, understudy.Config{Corefile: corefile("nsfailover state {{dir}}/health\nsecondaryplus {\ntransfer from "+p.Addr()+"\npersist {{dir}}/zones\nstatus 127.0.0.1:{{port:status}}\n}", pool...)})
	ask.WaitSerial(t, s.Addr(), zone, 7)
	return s
}

func order(t *testing.T, s *understudy.Server, path string) int {
	t.Helper()
	r, err := http.Post("http://"+s.AddrOf("status")+"/v1/pools/"+path, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	return r.StatusCode
}

func poolStatus(t *testing.T, s *understudy.Server) string {
	t.Helper()
	r, err := http.Get("http://" + s.AddrOf("status") + "/v1/pools/www.example.org")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	var document any
	if err == nil {
		err = json.Unmarshal(text, &document)
	}
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s %v %s", r.Status, err, text)
	}
	compact, _ := json.Marshal(document)
	return string(compact)
}

// A member is drained by order, also over a restart, and used again by order.
func TestAMemberIsDrained(t *testing.T) {
	t.Parallel()
	_, port := backends(t, "127.0.7.1", "127.0.7.2")
	s := withStatus(t, "primary 127.0.7.1 127.0.7.2", fmt.Sprintf("check tcp %d", port), quick)
	wantAddrs(t, s, www, "127.0.7.1 127.0.7.2")
	if code := order(t, s, "www.example.org/127.0.7.1/drain"); code != http.StatusOK {
		t.Errorf("%d", code)
	}
	wantAddrs(t, s, www, "127.0.7.2")
	if text := poolStatus(t, s); !strings.Contains(text, `"address":"127.0.7.1"`) || !strings.Contains(text, `"override":"drain"`) || !strings.Contains(text, `"state":"UP"`) {
		t.Error(text)
	}
	s.Restart(t)
	wantAddrs(t, s, www, "127.0.7.2")
	if code := order(t, s, "www.example.org/127.0.7.1/auto"); code != http.StatusOK {
		t.Errorf("%d", code)
	}
	wantAddrs(t, s, www, "127.0.7.1 127.0.7.2")
	for path, want := range map[string]int{
		"www.example.org/127.0.7.9/drain": http.StatusNotFound, "www.example.org/127.0.7.1/paint": http.StatusNotFound,
		"other.example.org/failback": http.StatusNotFound, "www.example.org/failback": http.StatusConflict,
	} {
		if code := order(t, s, path); code != want {
			t.Errorf("%s: %d", path, code)
		}
	}
}

// Where fewer are usable than `min_up`, the one that is drained does not take the place of the one that is well.
func TestAMemberIsDrainedWhereAllAreNeeded(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"primary", "last"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			b, port := backends(t, "127.0.7.1", "127.0.7.2")
			s := withStatus(t, "primary 127.0.7.1 127.0.7.2", fmt.Sprintf("check http http://www.example.org:%d/", port), quick, "min_up 2", "all_down "+policy)
			wantAddrs(t, s, www, "127.0.7.1 127.0.7.2")
			order(t, s, "www.example.org/127.0.7.2/drain")
			wantAddrs(t, s, www, "127.0.7.1")
			wantUsed(t, s, "127.0.7.1")
			b[0].fail() // what is drained is the last resort
			wantAddrs(t, s, www, "127.0.7.2")
			wantUsed(t, s, "127.0.7.2")
			b[0].heal()
			wantAddrs(t, s, www, "127.0.7.1")
			order(t, s, "www.example.org/127.0.7.2/auto")
			wantAddrs(t, s, www, "127.0.7.1 127.0.7.2")
			wantUsed(t, s, "127.0.7.1 127.0.7.2")
		})
	}
}

// wantUsed wants the status to say which members are answered.
func wantUsed(t *testing.T, s *understudy.Server, want string) {
	t.Helper()
	var document struct {
		Pools []struct {
			Members []struct {
				Address string
				Used    bool
			}
		}
	}
	if err := json.Unmarshal([]byte(poolStatus(t, s)), &document); err != nil {
		t.Fatal(err)
	}
	var used []string
	for _, m := range document.Pools[0].Members {
		if m.Used {
			used = append(used, m.Address)
		}
	}
	if got := strings.Join(used, " "); got != want {
		t.Errorf("%s is used, want %s", got, want)
	}
}

// With `failback manual`, an operator says when.
func TestAnOperatorFailsBack(t *testing.T) {
	t.Parallel()
	b, port := backends(t, "127.0.7.1", "127.0.7.2")
	s := withStatus(t, "primary 127.0.7.1", "backup 127.0.7.2", fmt.Sprintf("check http http://www.example.org:%d/", port), quick, "failback manual")
	b[0].fail()
	wantAddrs(t, s, www, "127.0.7.2")
	if code := order(t, s, "www.example.org/failback"); code != http.StatusConflict {
		t.Errorf("to what does not work: %d", code)
	}
	b[0].heal()
	s.WaitMetric(t, "metrics", "coredns_nsfailover_target_state", 1, "target=127.0.7.1", "state=UP")
	if got := addrs(t, s, www); got != "127.0.7.2" {
		t.Errorf("it failed back by itself: %s", got)
	}
	if code := order(t, s, "www.example.org/failback"); code != http.StatusOK {
		t.Errorf("%d", code)
	}
	wantAddrs(t, s, www, "127.0.7.1")
}

// One pool in two server blocks takes an order once.
func TestAnOrderCountsInAllServerBlocks(t *testing.T) {
	t.Parallel()
	b, port := backends(t, "127.0.7.1", "127.0.7.2", "127.0.7.3")
	path := t.TempDir() + "/db"
	write(t, path, zoneText)
	pool := func(primaries string) []string {
		return []string{"primary " + primaries, "backup 127.0.7.2", fmt.Sprintf("check http http://www.example.org:%d/", port), quick, "failback manual"}
	}
	first := corefile("nsfailover status 127.0.0.1:{{port:status}}\nfile "+path, pool("127.0.7.1 127.0.7.3")...)
	second := strings.NewReplacer("{{port}}", "{{port:second}}").Replace(corefile("file "+path, pool("127.0.7.1")...))
	s := understudy.Start(t, understudy.Config{Corefile: first + second})
	both := func(first, second string) {
		t.Helper()
		wantAddrs(t, s, www, first)
		ask.Until(t, "the second one has "+second, func() error { return addrsAre(s.AddrOf("second"), www, second) })
	}
	ordered := func(path string, want int) {
		t.Helper()
		if code := order(t, s, path); code != want {
			t.Errorf("%s: %d", path, code)
		}
	}
	both("127.0.7.1 127.0.7.3", "127.0.7.1")
	ordered("www.example.org/127.0.7.1/down", http.StatusOK)
	both("127.0.7.3", "127.0.7.2")
	ordered("www.example.org/127.0.7.3/down", http.StatusOK) // only one has it
	both("127.0.7.2", "127.0.7.2")
	ordered("www.example.org/127.0.7.9/down", http.StatusNotFound)
	ordered("www.example.org/failback", http.StatusConflict)
	ordered("www.example.org/127.0.7.1/auto", http.StatusOK)
	s.WaitMetric(t, "metrics", "coredns_nsfailover_target_state", 2, "target=127.0.7.1", "state=UP")
	ordered("www.example.org/failback", http.StatusOK)
	both("127.0.7.1", "127.0.7.1")
	b[0].fail()
	both("127.0.7.2", "127.0.7.2")
}

// Without secondaryplus the plugin has a status of its own, with a token if it is to be had from elsewhere.
func TestAStatusWithoutSecondaryplus(t *testing.T) {
	t.Parallel()
	_, port := backends(t, "127.0.7.1")
	path := t.TempDir() + "/db"
	write(t, path, zoneText)
	text := corefile("nsfailover status 127.0.0.1:{{port:status}}\nfile "+path, "primary 127.0.7.1", fmt.Sprintf("check tcp %d", port), quick)
	s := understudy.Start(t, understudy.Config{Corefile: text})
	wantAddrs(t, s, www, "127.0.7.1")
	if text := poolStatus(t, s); !strings.Contains(text, `"address":"127.0.7.1"`) {
		t.Error(text)
	}
	s.Reload(t, strings.Replace(text, "port:status", "port:other", 1))
	r, err := http.Get("http://" + s.AddrOf("other") + "/v1/pools")
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if old, err := http.Get("http://" + s.AddrOf("status") + "/v1/pools"); err == nil {
		_ = old.Body.Close()
		t.Error("the old one is still there")
	}
	if err := s.TryReload(t, strings.Replace(text, "127.0.0.1:{{port:status}}", "0.0.0.0:{{port:status}}", 1)); err == nil || !strings.Contains(err.Error(), "needs a token") {
		t.Errorf("%v", err)
	}
}
