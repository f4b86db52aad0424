package status_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/understudy"
)

const anyPrimary = "127.0.0.1:1"

func TestATokenIsNeededWhereOneIsConfigured(t *testing.T) {
	t.Parallel()
	file := token(t, 0o644)
	s := understudy.Start(t, understudy.Config{Corefile: block(anyPrimary, "status :{{port:status}} token "+file)})
	const right, wrong = "Authorization: Bearer 0123456789abcdef", "Authorization: Bearer 0123456789abcdeF"
	send(t, s, "GET", "/v1/", 401)
	send(t, s, "GET", "/v1/", 401, wrong)
	send(t, s, "POST", "/v1/zones/example.org/refresh", 401, wrong)
	send(t, s, "POST", "/v1/zones/example.org/refresh", 202, right)
	send(t, s, "GET", "/v1/", 200, right, "Host: status.example")
	s.WaitLog(t, `The token in `+regexp.QuoteMeta(file)+` can be read by everybody \(mode 0644\)`)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	send(t, s, "GET", "/v1/", 503, right)
	s.WaitLog(t, `Nobody is let in to the status: .*no such file`)
}

func TestOnlyLoopbackNeedsNoToken(t *testing.T) {
	t.Parallel()
	s := understudy.Start(t, understudy.Config{Corefile: block(anyPrimary, "status {{port:status}}")})
	send(t, s, "GET", "/v1/", 200)
	send(t, s, "GET", "/v1/", 403, "Host: evil.example")
	send(t, s, "POST", "/v1/refresh", 403, "Origin: http://evil.example")
	wantRefused(t, block(anyPrimary, "status :{{port:status}}"), `Corefile:6 - .*a status that is not on loopback needs a token`)
}

// wantRefused starts with a Corefile that must not start.
func wantRefused(t *testing.T, corefile, why string) {
	t.Helper()
	_, err := understudy.TryStart(t, understudy.Config{Corefile: corefile})
	if err == nil || !regexp.MustCompile(why).MatchString(err.Error()) {
		t.Errorf("want %s, got %v", why, err)
	}
}

func TestTwoBlocksMustAgree(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ property, one, other string }{
		{"status", "127.0.0.1:{{port:status}}", "127.0.0.1:{{port:other}}"},
		{"transfers", "10 2", "11"},
		{"metrics", "all", "problems"},
	} {
		second := strings.ReplaceAll(block(anyPrimary, "ixfr on", c.property+" "+c.other), "{{port}}", "{{port:second}}")
		// The first block has 10 lines, after an empty one.
		wantRefused(t, block(anyPrimary, c.property+" "+c.one)+second,
			`Corefile:16 - Error during parsing: '`+c.property+`' is one for the whole process, and it is another one in \S*Corefile:6`)
	}
}

func TestAnAddressInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	wantRefused(t, block(anyPrimary, "status "+taken.Addr().String()), `plugin/secondaryplus: \S*Corefile:\d+ - status: listen tcp4 \S+: bind: address already in use`)
}

func TestAReloadKeepsTheListenerAndItsConnections(t *testing.T) {
	t.Parallel()
	p, s := started(t)
	client := http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	defer client.CloseIdleConnections()
	send(t, s, "GET", "/v1/", 200)
	sendBy(t, &client, "http://"+s.AddrOf("status")+"/v1/", "GET", 200)
	s.Reload(t, "")
	if err := s.TryReload(t, block(p.Addr(), "status nowhere")); err == nil {
		t.Error("a broken Corefile was loaded")
	}
	s.Reload(t, block(p.Addr(), statusHere))
	reused := false
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused },
	})
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.AddrOf("status")+"/v1/zones/example.org", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK || !reused {
		t.Errorf("%s, the connection reused: %v", response.Status, reused)
	}
}

func TestAReloadMovesTheListener(t *testing.T) {
	t.Parallel()
	p, s := started(t)
	old := s.AddrOf("status")
	moved := block(p.Addr(), "status 127.0.0.1:{{port:moved}}")
	if err := s.TryReload(t, strings.Replace(moved, "bind 127.0.0.1", "bind 192.0.2.254", 1)); err == nil {
		t.Error("an address that is not ours was bound to")
	}
	send(t, s, "GET", "/v1/zones/example.org", 200)
	wantClosed(t, s.AddrOf("moved"))
	s.Reload(t, moved)
	wantClosed(t, old)
	d := sendBy(t, http.DefaultClient, "http://"+s.AddrOf("moved")+"/v1/zones/example.org", "GET", 200)
	if d["serial"] != 1. {
		t.Errorf("%v", d)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if err := s.TryReload(t, block(p.Addr(), "status "+taken.Addr().String())); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("an address in use: %v", err)
	}
	sendBy(t, http.DefaultClient, "http://"+s.AddrOf("moved")+"/v1/", "GET", 200)
	s.Reload(t, block(p.Addr()))
	wantClosed(t, s.AddrOf("moved"))
}

func wantClosed(t *testing.T, addr string) {
	t.Helper()
	if c, err := net.Dial("tcp", addr); err == nil {
		c.Close()
		t.Errorf("somebody listens on %s", addr)
	}
}

func TestTheFirstCorefileWithAStatusMayComeByReload(t *testing.T) {
	t.Parallel()
	p, _ := started(t)
	s := understudy.Start(t, understudy.Config{Corefile: "other.example:{{port}} {\n bind 127.0.0.1\n whoami\n}\n"})
	broken := strings.Replace(block(p.Addr(), statusHere), "bind 127.0.0.1", "bind 192.0.2.254", 1)
	if err := s.TryReload(t, broken); err == nil {
		t.Error("an address that is not ours was bound to")
	}
	s.Reload(t, block(p.Addr(), statusHere, "transfers 3"))
	ask.WaitSerial(t, s.Addr(), zone, 1)
	wantDoc(t, send(t, s, "GET", "/v1/", 200)["transfers"], doc{"running": 0, "limit": 3, "per_primary": 2})
	if err := s.TryReload(t, broken); err == nil {
		t.Error("an address that is not ours was bound to")
	}
	p.Publish(t, hosts(2, 5, "192.0.2.81"))
	send(t, s, "POST", "/v1/zones/example.org/refresh?wait=true", 200)
	ask.WaitSerial(t, s.Addr(), zone, 2)
}
