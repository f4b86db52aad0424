package nsfailover_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// Drill 3, as the prober sees it: SOA checks are answered over UDP, and no connection can be made.
func TestDrill03TransfersHaveAStateOfTheirOwn(t *testing.T) {
	t.Parallel()
	first, second := primary.Start(t, primary.Config{Zone: zone}), knot(t, calm(7))
	first.Publish(t, calm(7))
	s := understudy.Start(t, understudy.Config{Corefile: withPrimaries(first.Addr(), second.Addr())})
	ask.WaitSerial(t, s.Addr(), zone, 7)
	state := func(name, state string) {
		t.Helper()
		s.WaitMetric(t, "metrics", "coredns_nsfailover_target_state", 1, "name="+name, "target="+first.Addr(), "state="+state)
	}
	state("transfers", "UP")
	first.BlackHoleTCP(t)
	state("transfers", "DOWN")
	state("primaries", "UP")
	s.WaitLog(t, `primary `+first.Addr()+` is DOWN for transfers \(was SUSPECT\): timeout`)
	if d := statusOf(t, s, first.Addr()); d.Used || d.Rank != 2 || d.Transfers.State != "DOWN" || d.Authority.State != "UP" {
		t.Errorf("%+v", d)
	}
	first.Publish(t, calm(9))
	second.SetZone(t, zone, calm(8))
	second.WaitServing(t, zone, 8)
	ask.Notify(t, s.Addr(), zone, 8, nil)
	ask.WaitSerial(t, s.Addr(), zone, 8)
}

// primaryStatus is a part of what the status tells of a primary.
type primaryStatus struct {
	Used                 bool
	Override             string
	Rank                 int
	Serial               uint32
	Authority, Transfers struct{ State string }
}

func statusOf(t *testing.T, s *understudy.Server, addr string) primaryStatus {
	t.Helper()
	r, err := http.Get("http://" + s.AddrOf("status") + "/v1/primaries/" + addr)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var document struct{ Primaries []primaryStatus }
	if err := json.NewDecoder(r.Body).Decode(&document); err != nil || len(document.Primaries) != 1 {
		t.Fatalf("%s, %v, %+v", r.Status, err, document)
	}
	return document.Primaries[0]
}

func orderPrimary(t *testing.T, s *understudy.Server, path string) int {
	t.Helper()
	r, err := http.Post("http://"+s.AddrOf("status")+"/v1/primaries/"+path, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	return r.StatusCode
}

// Metrics tell what each primary has, for how long it is behind, and who is asked first.
func TestPrimariesAreMeasured(t *testing.T) {
	t.Parallel()
	a, b := knot(t, calm(7)), knot(t, calm(7))
	s := understudy.Start(t, understudy.Config{Corefile: withPrimaries(a.Addr(), b.Addr())})
	metric := func(name string, p *peer.Server, what string, ok func(float64) bool) {
		t.Helper()
		s.WaitMetricThat(t, "metrics", "coredns_nsfailover_primary_"+name, what, ok, "zone="+zone, "primary="+p.Addr())
	}
	is := func(name string, p *peer.Server, want float64) {
		t.Helper()
		metric(name, p, fmt.Sprint(want), func(v float64) bool { return v == want })
	}
	ask.WaitSerial(t, s.Addr(), zone, 7)
	is("serial", a, 7)
	is("serial", b, 7)
	is("lag_seconds", a, 0)
	b.SetZone(t, zone, calm(9))
	is("serial", b, 9)
	metric("lag_seconds", a, "> 1", func(v float64) bool { return v > 1 })
	is("lag_seconds", b, 0)
	a.Kill()
	is("rank", a, 2)
	is("rank", b, 1)
}

// A primary is taken out by order, also over a restart: it is asked last, and not waited for.
func TestAPrimaryIsDrained(t *testing.T) {
	t.Parallel()
	a, b := knot(t, calm(7)), knot(t, calm(7))
	config := strings.Replace(withPrimaries(a.Addr(), b.Addr()), "nsfailover primaries {", "nsfailover state {{dir}}\nnsfailover primaries {", 1)
	s := understudy.Start(t, understudy.Config{Corefile: config})
	ask.WaitSerial(t, s.Addr(), zone, 7)
	for _, p := range []*peer.Server{a, b} {
		s.WaitMetric(t, "metrics", "coredns_nsfailover_target_state", 1, "name=transfers", "target="+p.Addr(), "state=UP")
	}
	if code := orderPrimary(t, s, a.Addr()+"/drain"); code != http.StatusOK {
		t.Fatal(code)
	}
	if d := statusOf(t, s, a.Addr()); d.Used || d.Override != "drain" || d.Rank != 2 || d.Authority.State != "ADMIN" {
		t.Errorf("%+v", d)
	}
	s.Restart(t)
	ask.WaitSerial(t, s.Addr(), zone, 7)
	if d := statusOf(t, s, a.Addr()); d.Used || d.Override != "drain" {
		t.Errorf("after a restart: %+v", d)
	}
	s.WaitStatus(t, "status", zone, "last_transfer.primary", `^`+b.Addr()+`$`)
	if code := orderPrimary(t, s, a.Addr()+"/auto"); code != http.StatusOK {
		t.Fatal(code)
	}
	s.WaitMetric(t, "metrics", "coredns_nsfailover_target_up", 1, "name=primaries", "target="+a.Addr())
	for path, want := range map[string]int{a.Addr() + "/paint": http.StatusNotFound, "192.0.2.1/drain": http.StatusNotFound, a.Addr(): http.StatusNotFound} {
		if code := orderPrimary(t, s, path); code != want {
			t.Errorf("%s: %d", path, code)
		}
	}
}

// Who is to be asked over TLS must have it.
func TestPrimariesWithoutTLSAreNotCheckedOverIt(t *testing.T) {
	t.Parallel()
	a, b := knot(t, calm(7)), knot(t, calm(7))
	good := withPrimaries(a.Addr(), b.Addr())
	s := understudy.Start(t, understudy.Config{Corefile: good})
	if err := s.TryReload(t, withPrimaries(a.Addr(), b.Addr(), "check soa tls")); err == nil {
		t.Error("it was taken")
	}
	s.WaitLog(t, `Corefile:\d+ - Error during parsing: check soa tls, and primary `+a.Addr()+` has no TLS`)
}
