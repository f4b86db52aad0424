package nsfailover_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/understudy"
)

// A zone that the file plugin has is watched as well, and so is one of which nothing is known here but by a resolver.
func TestWatchZonesThatOthersServe(t *testing.T) {
	t.Parallel()
	text := twoServers(7, host2)
	f, _ := delegated(t, text, delegates2...)
	path := filepath.Join(t.TempDir(), "db.example.org")
	write(t, path, twoServers(7, host2, "www A 192.0.2.81"))
	for name, serving := range map[string]string{"file": "file " + path, "nobody": "whoami"} {
		t.Run(name, func(t *testing.T) {
			s := understudy.Start(t, understudy.Config{Corefile: fmt.Sprintf(`%s:{{port}} {
bind 127.0.0.1
prometheus 127.0.0.1:{{port:metrics}}
nsfailover watch {
every 1s
port %d
parent 1s
protect www.example.org A
resolver %s:%d
}
%s
}
`, zone, f.port, parentHost, f.port, serving)})
			if name == "file" {
				s.WaitLog(t, `nameserver ns2\..*: answers with other records than it should: www\.example\.org\. A\s`)
			} else {
				wantNS(t, s, "ns_drift", ns2, host2, 0)
			}
			wantNS(t, s, "ns_lag_seconds", ns1, host1, 0)
			wantSeries(t, s, "ns_count", 2, "zone="+zone)
		})
	}
}

// A reload forgets nothing, tells nothing again, and ends what is not watched any more.
func TestWatchOverAReload(t *testing.T) {
	t.Parallel()
	text := twoServers(7, host2)
	f := newFarm(t, text)
	f.server(t, peer.Knot, host1, zone, text)
	s := f.start(t)
	const line = `nameserver ns2\..*: does not answer`
	s.WaitLog(t, line)
	s.Reload(t, f.corefile("every 2s"))
	wantNS(t, s, "ns_up", ns1, host1, 1)
	before, _ := s.Metrics(t, "metrics").Value("coredns_nsfailover_ns_rtt_seconds_count", at(ns1, host1)...)
	s.WaitMetricThat(t, "metrics", "coredns_nsfailover_ns_rtt_seconds_count", "more than before", func(v float64) bool { return v > before+1 }, at(ns1, host1)...)
	if n := strings.Count(s.Log(), ": does not answer: "); n != 1 {
		t.Errorf("it was told %d times", n)
	}
	if f.hook.Find("NSUnreachable", "resolved") != "" {
		t.Error("the reload has resolved an alert")
	}
	s.Reload(t, strings.Replace(f.corefile("every 2s"), "nsfailover watch", "nsfailover watch example.net", 1))
	f.hook.Want(t, "NSUnreachable", "resolved", ns2)
	wantNone(t, s, "ns_up", "zone="+zone)
	all := f.corefile("every 2s")
	s.Reload(t, all)
	wantNS(t, s, "ns_up", ns1, host1, 1)
	from, to := strings.Index(all, "nsfailover watch"), strings.Index(all, "nsfailover report")
	s.Reload(t, all[:from]+all[to:])
	wantNone(t, s, "ns_up", "zone="+zone)
	wantNone(t, s, "ns_rtt_seconds_count", "zone="+zone)
}

func TestWatchesThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"nsfailover watch {\ncompare taste\n}":                                   "compare is 'serial' or 'content'",
		"nsfailover watch {\nevery 10ms\n}":                                      "every is less than 1s",
		"nsfailover watch {\nparent 10ms\n}":                                     "less than 1s",
		"nsfailover watch {\nafter 60s 10s\n}":                                   "after: 10s is not more than the one before",
		"nsfailover watch {\nprotect www\n}":                                     "protect NAME TYPE",
		"nsfailover watch {\nprotect www.example.org NOTATYPE\n}":                "not a type",
		"nsfailover watch {\nresolver example.org\n}":                            "not an address",
		"nsfailover watch {\nasn_db /nowhere\n}":                                 "asn_db: ",
		"nsfailover watch {\nport 0\n}":                                          "not a port",
		"nsfailover watch {\nsometimes\n}":                                       "unknown property 'sometimes'",
		"nsfailover watch\nnsfailover watch":                                     "watch without zones is given twice",
		"nsfailover watch example.org\nnsfailover watch example.com EXAMPLE.org": "zone example.org. is watched twice",
		"nsfailover watch example.org example.org.":                              "is given twice",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			_, err := understudy.TryStart(t, understudy.Config{Corefile: fmt.Sprintf("%s:{{port}} {\n%s\nwhoami\n}\n", zone, text)})
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "Corefile:") {
				t.Errorf("%v", err)
			}
		})
	}
}
