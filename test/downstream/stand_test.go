package downstream_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

const zone = "example.org."

// stand is a scripted primary and ours, which gives the zone on.
type stand struct {
	primary *primary.Primary
	ours    *understudy.Server
}

// start brings ours up with the first text. The properties are lines of its
// stanza; the keys are known to its server block.
func start(t testing.TB, text string, keys []ask.Key, properties ...string) *stand {
	t.Helper()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, text)
	s := &stand{p, understudy.Start(t, understudy.Config{Corefile: corefile(p.Addr(), keys, properties...)})}
	ask.Until(t, "the zone is served", func() error {
		_, err := ask.Serial(s.ours.Addr(), zone)
		return err
	})
	return s
}

func corefile(from string, keys []ask.Key, properties ...string) string {
	lines := []string{zone + ":{{port}} {", "bind 127.0.0.1 ::1", "errors", "prometheus 127.0.0.1:{{port:metrics}}"}
	lines = append(lines, tsigLines(keys)...)
	lines = append(lines, "secondaryplus {", "transfer from "+from)
	lines = append(lines, properties...)
	return strings.Join(append(lines, "}", "}", ""), "\n")
}

// tsigLines is the stock plugin that knows the secrets. It demands nothing.
func tsigLines(keys []ask.Key) []string {
	if len(keys) == 0 {
		return nil
	}
	lines := []string{"tsig {"}
	for _, k := range keys {
		lines = append(lines, fmt.Sprintf("secret %s %s", k.FQDN(), k.Secret))
	}
	return append(lines, "}")
}

// publish gives the primary one text after the other, each of which must come to ours.
func (s *stand) publish(t testing.TB, from, to uint32, text func(uint32) string) {
	t.Helper()
	for serial := from; serial <= to; serial++ {
		s.primary.Publish(t, text(serial))
		s.primary.NotifyTo(t, s.ours.Addr(), nil)
		ask.WaitSerial(t, s.ours.Addr(), zone, serial)
	}
}

// hosts is a zone in which each serial changes an address and a record of an
// unknown type, adds a name and takes the one before away.
func hosts(serial uint32) string {
	var b strings.Builder
	fmt.Fprintf(&b, "$TTL 300\n@ SOA ns hostmaster %d 3600 1 86400 30\n@ NS ns\nns A 127.0.0.1\n", serial)
	fmt.Fprintf(&b, "www A 192.0.2.%d\nWord%d MX 10 Mail.%d\n", serial%250+1, serial, serial)
	fmt.Fprintf(&b, "unknown TYPE65280 \\# 4 c0ffee%02x\n", serial%256)
	for i := range 300 {
		fmt.Fprintf(&b, "h%d A 192.0.2.%d\n", i, i%250+1)
	}
	return b.String()
}

// waitSent waits until at least n replies of a kind were given: one is counted a moment after its end.
func (s *stand) waitSent(t testing.TB, kind string, n int) {
	t.Helper()
	s.ours.WaitMetricThat(t, "metrics", "coredns_secondaryplus_transfers_out_total", fmt.Sprintf(">= %d", n),
		func(v float64) bool { return v >= float64(n) }, "zone="+zone, "kind="+kind, "result=sent")
}

// sent is how many replies of a kind ours has given.
func (s *stand) sent(t testing.TB, kind string) int { return s.out(t, kind, "sent") }

func (s *stand) out(t testing.TB, kind, result string) int {
	t.Helper()
	// What never happened has no series.
	n, _ := s.ours.Metrics(t, "metrics").Value("coredns_secondaryplus_transfers_out_total", "zone="+zone, "kind="+kind, "result="+result)
	return int(n)
}

// wantSame compares what two servers have.
func wantSame(t testing.TB, s *stand, addr string, key *ask.Key) {
	t.Helper()
	ours, theirs := ask.AXFR(t, s.ours.Addr(), zone, key), ask.AXFR(t, addr, zone, nil)
	if len(ours) == 0 || !slices.Equal(ours, theirs) {
		t.Errorf("ours has %d records, %s has %d others", len(ours), addr, len(theirs))
	}
}

// below is a secondary of ours.
type below interface {
	Addr() string
	Log() string
}

// eachBelow runs a test with every kind of secondary. A nil key: unsigned.
func eachBelow(t *testing.T, key *ask.Key, test func(t *testing.T, startBelow func(t *testing.T, s *stand) below)) {
	for _, kind := range peer.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			peer.Require(t, kind)
			test(t, func(t *testing.T, s *stand) below { return startPeer(t, kind, s, key) })
		})
	}
	t.Run("ours", func(t *testing.T) {
		t.Parallel()
		test(t, func(t *testing.T, s *stand) below { return startOurs(t, s, key) })
	})
}

func startPeer(t *testing.T, kind peer.Kind, s *stand, key *ask.Key) below {
	t.Helper()
	c := peer.Config{}
	from := peer.Endpoint{Addr: s.ours.Addr()}
	if key != nil {
		c.Keys, from.Key = []peer.Key{*key}, key.Name
	}
	c.Zones = []peer.Zone{{Name: zone, Primaries: []peer.Endpoint{from}}}
	return peer.Start(t, kind, c)
}

func startOurs(t *testing.T, s *stand, key *ask.Key) below {
	t.Helper()
	from, keys := s.ours.Addr(), []ask.Key(nil)
	if key != nil {
		from += " key " + key.FQDN() + " " + strings.TrimSuffix(key.Alg(), ".")
		keys = []ask.Key{*key}
	}
	return understudy.Start(t, understudy.Config{Corefile: corefile(from, keys, "transfer to *")})
}

// tell tells a secondary of ours' version, and waits until it has it.
func (s *stand) tell(t testing.TB, b below, serial uint32) {
	t.Helper()
	ask.Notify(t, b.Addr(), zone, serial, nil)
	if p, ok := b.(*peer.Server); ok {
		p.WaitServing(t, zone, serial)
		return
	}
	ask.WaitSerial(t, b.Addr(), zone, serial)
}
