package secondaryplus

import (
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

// freeAddr is an address on which nobody listens.
func freeAddr(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return netip.MustParseAddrPort(l.Addr().String())
}

// withStatus is an instance whose Corefile says where the status is.
func withStatus(t *testing.T, at statusAt) *Plugin {
	t.Helper()
	p := instance(t, "k", stanzaA)
	p.settings.status = setting[statusAt]{at, "Corefile:1"}
	return p
}

// code is what the listener answers, 0 when there is none.
func code(t *testing.T, addr netip.AddrPort) int {
	t.Helper()
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get("http://" + addr.String() + "/v1/")
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

func wantCodes(t *testing.T, when string, want map[netip.AddrPort]int) {
	t.Helper()
	for addr, code1 := range want {
		if got := code(t, addr); got != code1 {
			t.Errorf("%s: %s answers %d, not %d", when, addr, got, code1)
		}
	}
}

func TestTheStatusMovesWhenTheConfigurationIsCommitted(t *testing.T) {
	e := testEngine()
	a, b := freeAddr(t), freeAddr(t)
	old := withStatus(t, statusAt{addr: a})
	if err := e.attach(old); err != nil {
		t.Fatal(err)
	}
	wantCodes(t, "at first", map[netip.AddrPort]int{a: 200, b: 0})
	failed := withStatus(t, statusAt{addr: b})
	if err := e.attach(failed); err != nil {
		t.Fatal(err)
	}
	wantCodes(t, "staged", map[netip.AddrPort]int{a: 200})
	e.abandon()
	wantCodes(t, "abandoned", map[netip.AddrPort]int{a: 200})
	if l, err := net.Listen("tcp", b.String()); err != nil {
		t.Errorf("abandoned, and not closed: %v", err)
	} else {
		l.Close()
	}
	next := withStatus(t, statusAt{addr: b})
	if err := e.attach(next); err != nil {
		t.Fatal(err)
	}
	e.detach(old)
	wantCodes(t, "committed", map[netip.AddrPort]int{a: 0, b: 200})
	last := instance(t, "k", stanzaA)
	if err := e.attach(last); err != nil {
		t.Fatal(err)
	}
	e.detach(next)
	wantCodes(t, "taken away", map[netip.AddrPort]int{a: 0, b: 0})
	e.detach(last)
}

func TestTheStatusEndsWithTheLastZone(t *testing.T) {
	e := testEngine()
	addr := freeAddr(t)
	p := withStatus(t, statusAt{addr: addr})
	for range 2 {
		if err := e.attach(p); err != nil {
			t.Fatal(err)
		}
		wantCodes(t, "attached", map[netip.AddrPort]int{addr: 200})
		e.detach(p)
		wantCodes(t, "detached", map[netip.AddrPort]int{addr: 0})
	}
}

func TestAnAddressInUseIsAnErrorOfTheStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	e := testEngine()
	old := withStatus(t, statusAt{addr: freeAddr(t)})
	if err := e.attach(old); err != nil {
		t.Fatal(err)
	}
	next := withStatus(t, statusAt{addr: netip.MustParseAddrPort(taken.Addr().String())})
	if err := e.attach(next); err == nil || !strings.Contains(err.Error(), "address already in use") || next.attached {
		t.Errorf("attached: %v, %v", next.attached, err)
	}
	e.abandon()
	wantCodes(t, "afterwards", map[netip.AddrPort]int{old.settings.status.value.addr: 200})
	e.detach(old)
}

func TestATokenComesWithTheCommit(t *testing.T) {
	e := testEngine()
	addr := freeAddr(t)
	old := withStatus(t, statusAt{addr: addr})
	file := tokenIn(t, "0123456789abcdef\n")
	next := withStatus(t, statusAt{addr, file})
	if e.attach(old) != nil || e.attach(next) != nil {
		t.Fatal("not attached")
	}
	wantCodes(t, "staged", map[netip.AddrPort]int{addr: 200})
	e.detach(old)
	wantCodes(t, "committed", map[netip.AddrPort]int{addr: 401})
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	wantCodes(t, "without the file", map[netip.AddrPort]int{addr: 503})
	e.detach(next)
}

func TestTheFirstCorefileWithAZoneMayComeByReload(t *testing.T) {
	e := testEngine()
	addr := freeAddr(t)
	p, failed := withStatus(t, statusAt{addr: addr}), instance(t, "k", stanzaC)
	if err := e.attach(p); err != nil {
		t.Fatal(err)
	}
	wantCodes(t, "attached", map[netip.AddrPort]int{addr: 200})
	if err := e.attach(failed); err != nil {
		t.Fatal(err)
	}
	e.abandon()
	if !p.attached || len(e.members) != 1 {
		t.Error("a reload that failed took the zones away")
	}
	e.detach(p)
}

func TestWhatIsLeftOfAStartThatFailedEnds(t *testing.T) {
	e := testEngine()
	a, b := freeAddr(t), freeAddr(t)
	failed, next := withStatus(t, statusAt{addr: a}), withStatus(t, statusAt{addr: b})
	if err := e.attach(failed); err != nil {
		t.Fatal(err)
	}
	e.runs = func(s *siblings) bool { return s == next.siblings }
	if err := e.attach(next); err != nil {
		t.Fatal(err)
	}
	wantCodes(t, "attached", map[netip.AddrPort]int{a: 0, b: 200})
	if failed.attached || len(e.staged) != 0 {
		t.Error("something is left")
	}
	e.detach(next)
	if len(e.corefiles) != 0 {
		t.Errorf("left: %v", e.corefiles)
	}
}
