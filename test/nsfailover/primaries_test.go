package nsfailover_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// calm does nothing by itself for an hour.
func calm(serial uint32) string { return primary.Text(serial, 5, 3600, 600, 86400) }

func withPrimaries(a, b string, properties ...string) string {
	lines := []string{
		zone + ":{{port}} {", "bind 127.0.0.1", "errors", "prometheus 127.0.0.1:{{port:metrics}}", "nsfailover primaries {",
		"interval 1s fast 200ms down 300ms\ntimeout 150ms\nfall 2 rise 2 clear 1\nhold_down 300ms",
	}
	lines = append(lines, properties...)
	lines = append(lines, "}", "secondaryplus {", "transfer from "+a+" "+b, "status 127.0.0.1:{{port:status}}", "}", "}", "")
	return strings.Join(lines, "\n")
}

// Primaries are looked after between refreshes, over UDP or TCP, and their health is seen.
func TestTheHealthOfPrimaries(t *testing.T) {
	t.Parallel()
	a, b := knot(t, calm(7)), knot(t, calm(7))
	s := understudy.Start(t, understudy.Config{Corefile: withPrimaries(a.Addr(), b.Addr(), "check soa tcp")})
	ask.WaitSerial(t, s.Addr(), zone, 7)
	for _, p := range []*peer.Server{a, b} {
		s.WaitMetric(t, "metrics", "coredns_nsfailover_target_state", 1, "name=primaries", "target="+p.Addr(), "state=UP")
	}
	a.Kill()
	s.WaitMetric(t, "metrics", "coredns_nsfailover_target_up", 0, "name=primaries", "target="+a.Addr())
	s.WaitLog(t, `primary `+a.Addr()+` is DOWN`)
	b.SetZone(t, zone, calm(8))
	b.WaitServing(t, zone, 8)
	ask.Notify(t, s.Addr(), zone, 8, nil)
	ask.WaitSerial(t, s.Addr(), zone, 8)
	a.Restart(t)
	s.WaitMetric(t, "metrics", "coredns_nsfailover_target_up", 1, "name=primaries", "target="+a.Addr())
}

// A zone stays with its primary while another one is newer, for as long as pin_tolerance says.
func TestThePinTolerance(t *testing.T) {
	t.Parallel()
	a, b := knot(t, calm(7)), knot(t, calm(7))
	s := understudy.Start(t, understudy.Config{Corefile: withPrimaries(a.Addr(), b.Addr(), "pin_tolerance 3s")})
	ask.WaitSerial(t, s.Addr(), zone, 7)
	s.WaitStatus(t, "status", zone, "last_transfer.primary", `^`+a.Addr()+`$|^`+b.Addr()+`$`)
	document, err := s.ZoneStatus("status", zone)
	if err != nil {
		t.Fatal(err)
	}
	if document["last_transfer"].(map[string]any)["primary"] == b.Addr() {
		a, b = b, a // it was the first one that was known to be well
	}
	b.SetZone(t, zone, calm(8))
	b.WaitServing(t, zone, 8)
	ask.Notify(t, s.Addr(), zone, 8, nil)
	s.WaitLog(t, fmt.Sprintf(`a primary is newer than serial 7; waiting for %s`, a.Addr()))
	ask.WaitSerial(t, s.Addr(), zone, 8)
	s.WaitStatus(t, "status", zone, "last_transfer.primary", `^`+b.Addr()+`$`)
}
