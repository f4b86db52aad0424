package nsfailover_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/inbox"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/understudy"
)

// Where nameservers are, each in a network of its own, and the parent's.
const (
	host1, host2 = "127.0.11.1", "127.0.12.1"
	parentHost   = "127.0.13.1"
	ns1, ns2     = "ns1." + zone, "ns2." + zone
)

// twoServers is a zone with two nameservers, at host1 and at another address, and more records.
func twoServers(serial int, second string, more ...string) string {
	lines := []string{
		"$ORIGIN example.org.", "$TTL 300", fmt.Sprintf("@ SOA ns1 hostmaster %d 1 1 86400 30", serial),
		"@ NS ns1", "@ NS ns2", "@ MX 10 mail", "ns1 A " + host1, "ns2 A " + second, "mail A 192.0.2.25", "www A 192.0.2.80",
	}
	return strings.Join(append(lines, more...), "\n") + "\n"
}

// A farm is a primary of ours, and nameservers that all listen at one port.
type farm struct {
	port    int
	primary *peer.Server
	hook    *inbox.Inbox
}

func newFarm(t *testing.T, text string) *farm {
	t.Helper()
	peer.Require(t, peer.Knot)
	return &farm{port.Free(t, ""), knot(t, text), inbox.Start(t)}
}

// server is a nameserver with a zone of its own.
func (f *farm) server(t *testing.T, kind peer.Kind, host, name, text string) *peer.Server {
	t.Helper()
	return peer.Start(t, kind, peer.Config{Host: host, Port: f.port, Zones: []peer.Zone{{Name: name, Text: text}}})
}

// start starts ours, which watches each second.
func (f *farm) start(t *testing.T, watch ...string) *understudy.Server {
	t.Helper()
	return understudy.Start(t, understudy.Config{Corefile: f.corefile(append([]string{"every 1s"}, watch...)...)})
}

func (f *farm) corefile(watch ...string) string {
	lines := []string{
		zone + ":{{port}} {", "bind 127.0.0.1", "errors", "prometheus 127.0.0.1:{{port:metrics}}",
		"nsfailover watch {", fmt.Sprintf("port %d", f.port), fmt.Sprintf("resolver %s:%d", parentHost, f.port),
	}
	lines = append(lines, watch...)
	if !strings.Contains(strings.Join(watch, "\n"), "parent ") {
		lines = append(lines, "parent off")
	}
	lines = append(lines, "}", "nsfailover report {", "webhook "+f.hook.URL, "}",
		"secondaryplus {", "transfer from "+f.primary.Addr(), "refresh 1s 1s", "retry 1s 1s", "}", "}", "")
	return strings.Join(lines, "\n")
}

// at are the labels of a server's metrics.
func at(ns, host string) []string { return []string{"zone=" + zone, "ns=" + ns, "address=" + host} }

// wantNS waits until a metric has a value for a server.
func wantNS(t *testing.T, s *understudy.Server, metric, ns, host string, want float64) {
	t.Helper()
	wantSeries(t, s, metric, want, at(ns, host)...)
}

// wantSeries waits until a series is there with a value: 0 is something else than not to be there.
func wantSeries(t *testing.T, s *understudy.Server, metric string, want float64, labels ...string) {
	t.Helper()
	ask.Until(t, fmt.Sprintf("%s%v is %v", metric, labels, want), func() error {
		v, there := s.Metrics(t, "metrics").Value("coredns_nsfailover_"+metric, labels...)
		if !there || v != want {
			return fmt.Errorf("%v (there: %t)", v, there)
		}
		return nil
	})
}

// wantNone waits until a series is not there.
func wantNone(t *testing.T, s *understudy.Server, metric string, labels ...string) {
	t.Helper()
	ask.Until(t, fmt.Sprintf("there is no %s%v", metric, labels), func() error {
		if v, there := s.Metrics(t, "metrics").Value("coredns_nsfailover_"+metric, labels...); there {
			return fmt.Errorf("it is %v", v)
		}
		return nil
	})
}
