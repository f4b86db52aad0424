package interop_test

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/understudy"
)

const zone = "example.org."

// plan is a primary and our secondary of it, which know each other.
type plan struct {
	kind peer.Kind
	zone peer.Zone   // of the primary; its Notify is filled in unless quiet
	host string      // that the primary listens on; 127.0.0.1 when empty
	key  *peer.Key   // for transfers and NOTIFY, both ways
	keys []*peer.Key // what ours knows, if that is something else

	quiet      bool     // the primary sends no NOTIFY
	extra      string   // for the primary's configuration
	properties []string // lines of our stanza
	block      []string // lines of our server block
}

// pair is a plan carried out.
type pair struct {
	plan
	primary *peer.Server
	ours    *understudy.Server
}

// start starts both and waits until ours has the primary's first version.
func (p plan) start(t testing.TB) *pair {
	t.Helper()
	w := p.prepare(t)
	w.ours.Restart(t)
	w.waitEqualSerial(t)
	return w
}

// prepare starts the primary; ours is ready to be started. Its port must be
// known to the primary before, and the primary's to it.
func (p plan) prepare(t testing.TB) *pair {
	t.Helper()
	peer.Require(t, p.kind)
	if p.host == "" {
		p.host = "127.0.0.1"
	}
	if p.zone.Name == "" {
		p.zone.Name = zone
	}
	number := port.Free(t, p.host)
	addr := address(p.host, number)
	ours := understudy.New(t, understudy.Config{Corefile: p.corefile(addr)})
	var keys []peer.Key
	endpoint := peer.Endpoint{Addr: ours.Addr()}
	if p.key != nil {
		keys = []peer.Key{*p.key}
		endpoint.Key = p.key.Name
		p.zone.AllowTransfer = []peer.Access{{Key: p.key.Name}}
	}
	if !p.quiet && p.zone.Notify == nil {
		p.zone.Notify = []peer.Endpoint{endpoint}
	}
	primary := peer.Start(t, p.kind, peer.Config{Host: p.host, Port: number, Keys: keys, Zones: []peer.Zone{p.zone}, Extra: p.extra})
	return &pair{p, primary, ours}
}

// corefile has one block with one zone, metrics, and leave for all to transfer.
func (p plan) corefile(primary string) string {
	keys := p.keys
	if keys == nil && p.key != nil {
		keys = []*peer.Key{p.key}
	}
	block, from := p.block, "transfer from "+primary
	if len(keys) > 0 {
		from += " key " + keys[0].FQDN() + " " + strings.TrimSuffix(keys[0].Alg(), ".")
		block = append(slices.Clone(block), tsigLines(keys)...)
	}
	stanza := append([]string{from}, p.properties...)
	return blockOf(p.zone.Name, append(block, "transfer {\n to *\n}", stanzaOf("", stanza)))
}

// tsigLines is the stock plugin that knows the secrets. It demands nothing.
func tsigLines(keys []*peer.Key) []string {
	lines := []string{"tsig {"}
	for _, k := range keys {
		lines = append(lines, fmt.Sprintf("secret %s %s", k.FQDN(), k.Secret))
	}
	return append(lines, "}")
}

func stanzaOf(zones string, properties []string) string {
	return "secondaryplus " + zones + " {\n" + strings.Join(properties, "\n") + "\n}"
}

// blockOf is a server block on 127.0.0.1. A block with its own bind keeps it.
func blockOf(zones string, lines []string) string {
	keys := make([]string, 0, 4)
	for _, z := range strings.Fields(zones) {
		keys = append(keys, z+":{{port}}")
	}
	if !strings.Contains(strings.Join(lines, "\n"), "bind") {
		lines = append([]string{"bind 127.0.0.1"}, lines...)
	}
	lines = append(lines, "prometheus 127.0.0.1:{{port:metrics}}")
	return strings.Join(keys, " ") + " {\n" + strings.Join(lines, "\n") + "\n}\n"
}

// change gives the primary a new text and waits until it has come to us.
func (w *pair) change(t testing.TB, text string) {
	t.Helper()
	w.primary.SetZone(t, w.zone.Name, text)
	if w.zone.Signing != nil {
		w.waitEqualSerial(t)
		return
	}
	serial := serialOf(t, w.zone.Name, text)
	w.primary.WaitServing(t, w.zone.Name, serial)
	ask.WaitSerial(t, w.ours.Addr(), w.zone.Name, serial)
}

// waitEqualSerial waits until ours has what the primary has.
func (w *pair) waitEqualSerial(t testing.TB) {
	t.Helper()
	ask.WaitSerial(t, w.ours.Addr(), w.zone.Name, w.primary.Serial(t, w.zone.Name))
}

// notify tells ours in the primary's stead.
func (w *pair) notify(t testing.TB) {
	t.Helper()
	ask.Notify(t, w.ours.Addr(), w.zone.Name, w.primary.Serial(t, w.zone.Name), nil, ask.From(w.host))
}

// wantEqual compares the zones record by record.
func (w *pair) wantEqual(t testing.TB) {
	t.Helper()
	wantSame(t, ask.AXFR(t, w.primary.Addr(), w.zone.Name, w.key), ask.AXFR(t, w.ours.Addr(), w.zone.Name, nil))
}

// wantSame shows the records that only one side has.
func wantSame(t testing.TB, theirs, ours []string) {
	t.Helper()
	count := map[string]int{}
	for _, line := range theirs {
		count[line]++
	}
	for _, line := range ours {
		count[line]--
	}
	shown := 0
	for line, n := range count {
		if n == 0 || shown == 10 {
			continue
		}
		shown++
		t.Errorf("%+d at the primary: %.300s", n, line)
	}
	if len(theirs) == 0 {
		t.Error("the primary has no records")
	}
}

// address joins a host and a port.
func address(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
