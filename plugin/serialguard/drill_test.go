package serialguard

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coredns/caddy"
	clog "github.com/coredns/coredns/plugin/pkg/log"

	"github.com/understudy-dns/understudy/plugin/corefile"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/timers"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

func init() { clog.Discard() }

// The timers of every zone here.
const (
	soaTimers   = " 1200 300 7200 300"
	expireAfter = 2 * time.Hour
)

var errDown = errors.New("down")

// An offer is what a primary has.
type offer struct {
	serial serial.Serial
	lines  []string
	down   bool
}

// A drill is a zone under guard, whose primaries do as they are told, on a clock of its own.
type drill struct {
	*testing.T
	text string // of the stanza
	dir  string
	key  string // of the server block
	g    *gate
	z    *refresh.Zone
	s    *refresh.Scheduler

	mu     sync.Mutex
	offers map[netip.AddrPort]*offer
}

func at(n int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}), 53)
}

// play runs a sentence with a zone that has some primaries and is guarded by a stanza with some lines, and makes sure
// that nothing is left behind.
func play(t *testing.T, sentence string, primaries int, lines string, run func(r *drill)) {
	t.Helper()
	t.Run(sentence, func(t *testing.T) {
		t.Helper()
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			r := &drill{T: t, text: lines, dir: dir, key: "k", offers: make(map[netip.AddrPort]*offer)}
			for n := range primaries {
				r.offers[at(n+1)] = new(offer)
			}
			before := process
			defer func() { process = before }()
			r.begin(nil)
			run(r)
			r.end()
		})
	})
}

// stanzasOf parses one stanza.
func stanzasOf(t testing.TB, lines string) []*stanza {
	t.Helper()
	c := caddy.NewTestController("dns", "serialguard "+apexName+" {\n"+lines+"\n}")
	list, err := parse(c)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// begin starts a process, with what another one has saved.
func (r *drill) begin(saved *refresh.State) {
	r.Helper()
	process = newGuardian()
	process.runs = func(*corefile.Corefile) bool { return true }
	r.s = refresh.NewScheduler(refresh.Options{Jitter: func() float64 { return 0 }})
	r.g = r.gate(r.key, r.text)
	r.z = r.zone(r.g)
	if saved != nil {
		r.z.Restore(*saved, time.Now())
	}
	process.attach(r.g)
	r.s.Add(r.z)
	synctest.Wait()
}

// gate is one of a server block.
func (r *drill) gate(key, lines string) *gate {
	r.Helper()
	list := stanzasOf(r.T, lines)
	list[0].stateDir = r.dir
	return &gate{key: key, server: key, stanzas: list, refresh: func(z *refresh.Zone) { r.s.Request(z) }}
}

func (r *drill) zone(g refresh.Gate) *refresh.Zone {
	c := &refresh.Config{Fetcher: r, IXFR: true, Clamps: timers.DefaultClamps(), Gate: g}
	for n := range len(r.offers) {
		c.Primaries = append(c.Primaries, xfr.Primary{Addr: at(n + 1)})
	}
	return refresh.NewZone(owner.MustParse(apexName), c)
}

// end ends the process, as CoreDNS does.
func (r *drill) end() (saved refresh.State) {
	r.Helper()
	process.detach(r.g)
	r.s.Remove(r.z)
	if r.z.Current() != nil {
		saved = r.z.State()
	}
	r.z.End()
	r.s.Close()
	process.settle()
	if len(process.held) != 0 || len(process.orders) != 0 || len(process.gates) != 0 {
		r.Errorf("left: %d zones held, %d with orders, %d gates", len(process.held), len(process.orders), len(process.gates))
	}
	return saved
}

func (r *drill) restart() {
	r.Helper()
	saved := r.end()
	r.begin(&saved)
}

// offer has a primary serve something.
func (r *drill) offer(n int, s serial.Serial, lines ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*r.offers[at(n)] = offer{serial: s, lines: lines}
}

func (r *drill) down(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.offers[at(n)].down = true
}

func (r *drill) offered(addr netip.AddrPort) (offer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := *r.offers[addr]
	if o.down || o.serial == 0 {
		return o, errDown
	}
	return o, nil
}

// Probe implements refresh.Fetcher.
func (r *drill) Probe(_ context.Context, _ owner.Name, p xfr.Primary) (xfr.Probed, error) {
	o, err := r.offered(p.Addr)
	return xfr.Probed{SOA: zone.SOA{Serial: o.serial}}, err
}

// Fetch implements refresh.Fetcher.
func (r *drill) Fetch(_ context.Context, _ owner.Name, p xfr.Primary, have *zone.Version, o xfr.Options) (xfr.Fetched, error) {
	is, err := r.offered(p.Addr)
	switch {
	case err != nil:
		return xfr.Fetched{}, err
	case have != nil && is.serial == have.Serial() && !o.Force:
		return xfr.Fetched{How: xfr.Unchanged, Serial: is.serial, Offered: true}, nil
	}
	v, d := version(r.T, have, fmt.Sprintf("ns h %d%s", is.serial, soaTimers), is.lines...)
	return xfr.Fetched{Version: v, Delta: d, How: xfr.ByAXFR, Serial: is.serial, Offered: true}, nil
}

// publish has every primary serve something, which is to be served.
func (r *drill) publish(s serial.Serial, lines ...string) *zone.Version {
	r.Helper()
	for n := range len(r.offers) {
		r.offer(n+1, s, lines...)
	}
	r.round()
	r.serves(s)
	return r.z.Current()
}

// round has the primaries asked, and all that follows done.
func (r *drill) round() refresh.Outcome {
	r.Helper()
	o, err := r.s.Await(r.Context(), r.z, refresh.Requested)
	if err != nil {
		r.Error(err)
	}
	synctest.Wait()
	return o
}

func (r *drill) after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func (r *drill) serves(s serial.Serial) {
	r.Helper()
	if v := r.z.Current(); v == nil || v.Serial() != s {
		r.Errorf("served is %v, not serial %s", v, s)
	}
}

// holds is the version that is held; it must have a serial.
func (r *drill) holds(s serial.Serial) *refresh.Held {
	r.Helper()
	h := r.z.Held()
	if h == nil || h.Serial != s {
		r.Fatalf("held is %+v, not serial %s", h, s)
	}
	return h
}

func (r *drill) holdsNothing() {
	r.Helper()
	if h := r.z.Held(); h != nil {
		r.Errorf("held is serial %s: %v", h.Serial, h.Ruling)
	}
}

// rollback puts a version back, as the order does.
func (r *drill) rollback(s serial.Serial) error {
	r.Helper()
	v, err := r.g.PutBack(r.z, s)
	if err != nil {
		return err
	}
	_, err = r.s.PutBack(r.Context(), r.z, v)
	synctest.Wait()
	return err
}

func (r *drill) mustRollback(s serial.Serial) {
	r.Helper()
	if err := r.rollback(s); err != nil {
		r.Fatal(err)
	}
	r.serves(s)
}

// kept are the serials of the versions that could be put back.
func (r *drill) kept() string {
	var list []string
	for _, e := range r.g.Earlier(r.z) {
		list = append(list, e.Serial.String())
	}
	return strings.Join(list, " ")
}

// suffixes are how the names of files in the state directory end.
func (r *drill) suffixes() string {
	r.Helper()
	list, err := os.ReadDir(r.dir)
	if err != nil {
		r.Fatal(err)
	}
	stem := r.g.stem(r.z)
	var names []string
	for _, f := range list {
		if f.Name() != lockName {
			names = append(names, strings.TrimPrefix(f.Name(), stem))
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func (r *drill) wantFiles(want string) {
	r.Helper()
	process.settle()
	if got := r.suffixes(); got != want {
		r.Errorf("on disk is %q, not %q", got, want)
	}
}
