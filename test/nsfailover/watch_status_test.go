package nsfailover_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/understudy"
)

// watchStatus is a part of what the status tells of a zone.
type watchStatus struct {
	Zone        string
	Nameservers []struct {
		Name, Address, State string
		Serial               uint32
		Lag                  float64 `json:"lag_seconds"`
		RTT                  float64 `json:"rtt_seconds"`
	}
	Findings []struct{ Kind, Nameserver, Text string }
}

// read reads a document of the status.
func read(t *testing.T, s *understudy.Server, path string, document any) error {
	t.Helper()
	r, err := http.Get("http://" + s.AddrOf("status") + "/v1/" + path)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		return fmt.Errorf("%s", r.Status)
	}
	return json.NewDecoder(r.Body).Decode(document)
}

// What is seen of nameservers is in the status, and since when one is behind is known over a restart.
func TestWatchIsShownAndKept(t *testing.T) {
	t.Parallel()
	text := twoServers(7, host2)
	f := newFarm(t, text)
	first := f.server(t, peer.Knot, host1, zone, text)
	f.server(t, peer.Knot, host2, zone, text)
	config := strings.Replace(f.corefile("every 1s", "after 1s"), "secondaryplus {", "nsfailover state {{dir}}/state\nsecondaryplus {\nstatus 127.0.0.1:{{port:status}}", 1)
	s := understudy.Start(t, understudy.Config{Corefile: config})
	wantNS(t, s, "ns_lag_seconds", ns2, host2, 0)
	next := twoServers(8, host2)
	f.primary.SetZone(t, zone, next)
	first.SetZone(t, zone, next)
	s.WaitLog(t, `nameserver ns2\..*: has serial 7, which is not in step with 8`)
	behind := time.Now() // at the latest
	wantStatus := func() {
		t.Helper()
		ask.Until(t, "the status shows who is behind", func() error {
			var d struct{ Zones []watchStatus }
			if err := read(t, s, "nameservers/example.org", &d); err != nil {
				return err
			}
			if len(d.Zones) != 1 || len(d.Zones[0].Nameservers) != 2 || len(d.Zones[0].Findings) == 0 {
				return fmt.Errorf("%+v", d)
			}
			one, two, found := d.Zones[0].Nameservers[0], d.Zones[0].Nameservers[1], d.Zones[0].Findings[0]
			if one.State != "ok" || one.Serial != 8 || one.RTT <= 0 || two.State != "behind" || two.Serial != 7 || two.Name != ns2 || found.Kind != "lag" || found.Nameserver != ns2 {
				return fmt.Errorf("%+v", d)
			}
			if least := time.Since(behind).Seconds(); two.Lag < least-1 {
				return fmt.Errorf("a lag of %v s, and it is behind for %v", two.Lag, least)
			}
			return nil
		})
	}
	wantStatus()
	s.Restart(t)
	wantStatus()
	for path, want := range map[string]int{"example.org/check": http.StatusOK, "example.org/paint": http.StatusNotFound, "other.example/check": http.StatusNotFound} {
		r, err := http.Post("http://"+s.AddrOf("status")+"/v1/nameservers/"+path, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.Body.Close(); r.StatusCode != want {
			t.Errorf("%s: %s", path, r.Status)
		}
	}
}

// Everything that is checked is in the status.
func TestTargetsAreShown(t *testing.T) {
	t.Parallel()
	_, port := backends(t, "127.0.7.1")
	s := withStatus(t, "primary 127.0.7.1", fmt.Sprintf("check tcp %d", port), quick)
	ask.Until(t, "the target is shown as UP", func() error {
		var d struct {
			Targets []struct{ For, Check, Capability, State string }
		}
		if err := read(t, s, "targets", &d); err != nil {
			return err
		}
		if want := fmt.Sprintf("tcp 127.0.7.1:%d", port); len(d.Targets) != 1 || d.Targets[0].Check != want || d.Targets[0].State != "UP" || d.Targets[0].Capability != "tcp" {
			return fmt.Errorf("%+v", d)
		}
		return nil
	})
}
