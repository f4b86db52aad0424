package catalog_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/understudy"
)

const (
	catz  = "catalog.example."
	other = "other.example."
)

// server is our server, with what these tests ask of it.
type server struct{ *understudy.Server }

// corefile has one block for all names. Each stanza is its zones and its lines.
func corefile(stanzas ...[]string) string {
	lines := []string{".:{{port}} {", "bind 127.0.0.1", "errors", "prometheus 127.0.0.1:{{port:metrics}}", "transfer {\nto *\n}"}
	for _, s := range stanzas {
		lines = append(lines, "secondaryplus "+s[0]+" {")
		lines = append(lines, s[1:]...)
		lines = append(lines, "}")
	}
	return strings.Join(append(lines, "}", ""), "\n")
}

// consumer is a stanza with a catalog.
func consumer(zone, from string, extra ...string) []string {
	return append([]string{zone, "transfer from " + from, "retry 1s 1s"}, extra...)
}

func startServer(t *testing.T, corefile string) *server {
	t.Helper()
	return &server{understudy.Start(t, understudy.Config{Corefile: corefile})}
}

// start has our server consume the catalog.
func start(t *testing.T, members ...string) *world {
	t.Helper()
	p := startProducer(t)
	p.set(t, catz, catalogOf(members...)...)
	w := &world{p, startServer(t, corefile(consumer(catz, p.addr, "catalog")))}
	for _, m := range members {
		_, zone, _ := strings.Cut(m, " ")
		w.ours.wantServed(t, zone)
	}
	return w
}

// startTwo has our server consume both catalogs, with lines of the second one's stanza.
func startTwo(t *testing.T, first, second []string, extra ...string) *world {
	t.Helper()
	p := startProducer(t)
	p.set(t, catz, first...)
	p.set(t, other, second...)
	w := &world{p, startServer(t, corefile(consumer(catz, p.addr, "catalog"), consumer(other, p.addr, append(extra, "catalog")...)))}
	ask.WaitSerial(t, w.ours.Addr(), catz, 1)
	ask.WaitSerial(t, w.ours.Addr(), other, 1)
	return w
}

// wantServed waits until zones are answered.
func (s *server) wantServed(t *testing.T, zones ...string) {
	t.Helper()
	for _, z := range zones {
		ask.WaitSerial(t, s.Addr(), z, 1)
	}
}

// wantGone waits until zones are refused.
func (s *server) wantGone(t *testing.T, zones ...string) {
	t.Helper()
	for _, z := range zones {
		ask.WaitRcode(t, s.Addr(), z, dns.RcodeRefused)
	}
}

// stillServes checks that zones are answered at this moment.
func (s *server) stillServes(t *testing.T, zones ...string) {
	t.Helper()
	for _, z := range zones {
		if _, err := ask.Serial(s.Addr(), z); err != nil {
			t.Errorf("%s: %v", z, err)
		}
	}
}

// wantMembers waits until a catalog has so many members that are served.
func (s *server) wantMembers(t *testing.T, zone string, n int) {
	t.Helper()
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_catalog_members", float64(n), "zone="+zone)
}

// wantHeld waits until a catalog has so many members that are held.
func (s *server) wantHeld(t *testing.T, zone string, n int) {
	t.Helper()
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_catalog_held", float64(n), "zone="+zone)
}

// source is the address of the primary that a zone came from.
func (s *server) source(zone string) (string, error) {
	m, err := ask.Query(s.Addr(), zone, dns.TypeTXT)
	if err != nil {
		return "", err
	}
	if len(m.Answer) != 1 {
		return "", fmt.Errorf("%s", dns.RcodeToString[m.Rcode])
	}
	return m.Answer[0].(*dns.TXT).Txt[0], nil
}

func (s *server) wantSource(t *testing.T, zone, want string) {
	t.Helper()
	ask.Until(t, fmt.Sprintf("%s comes from %s", zone, want), func() error {
		got, err := s.source(zone)
		if err == nil && got != want {
			err = fmt.Errorf("from %s", got)
		}
		return err
	})
}
