package nsfailover

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/corefile"
	"github.com/understudy-dns/understudy/plugin/internal/nswatch"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// A watch asks the nameservers of the zones of a server block. One goroutine looks what is due, and has a goroutine for
// each round that is under way, of which there are few at a time over all zones of the process; each of those, one for
// each server that it asks.
type watch struct {
	corefile.Task
	server    string
	stanzas   []*watchConfig
	named     []owner.Name
	secondary versioned        // nil: there is none
	others    []plugin.Handler // with zones of their own
	resolvers map[*watchConfig][]netip.AddrPort

	zones  map[string]*watchedZone
	rounds sync.WaitGroup
	poke   chan struct{} // a round has ended
}

// Bounds of what is asked, over all zones of the process.
const (
	mostRounds  = 8
	mostSockets = 16
	serverWait  = 2 * time.Second // for one answer
	mostServers = 64              // addresses of one zone
)

// What all watches of the process have in common.
var (
	asker     = nswatch.NewAsker(mostSockets, serverWait)
	roundRoom = make(chan struct{}, mostRounds)
)

// watchLook is how soon a publication is seen.
const watchLook = time.Second

func newWatch(list []*watchConfig) *watch {
	w := &watch{stanzas: list, resolvers: make(map[*watchConfig][]netip.AddrPort), poke: make(chan struct{}, 1)}
	for _, c := range list {
		w.resolvers[c] = c.resolvers
	}
	w.Run = w.run
	return w
}

func systemResolvers(c *dns.ClientConfig) (list []netip.AddrPort) {
	for _, server := range c.Servers {
		if a, err := netip.ParseAddr(server); err == nil {
			list = append(list, netip.AddrPortFrom(a.Unmap(), dnsPort))
		}
	}
	return list
}

const dnsPort = 53

func (w *watch) run(ctx context.Context) {
	defer w.rounds.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-w.poke:
		}
		w.look(ctx, time.Now())
		timer.Reset(watchLook)
	}
}

// look takes in which zones there are and what was published, and begins the rounds that are due.
func (w *watch) look(ctx context.Context, now time.Time) {
	w.zones = watching.zones(w, w.apexes())
	for _, z := range w.zones {
		z.published(w.view(z.apex), now)
		if z.dueAt(now, len(w.zones)) {
			w.begin(ctx, z, now)
		}
	}
}

// begin begins a round if there is room for it. If not, the next that ends pokes us, or the timer does.
func (w *watch) begin(ctx context.Context, z *watchedZone, now time.Time) {
	select {
	case roundRoom <- struct{}{}:
	default:
		return
	}
	z.begin(now)
	w.rounds.Go(func() {
		z.end(w.round(ctx, z))
		<-roundRoom
		select {
		case w.poke <- struct{}{}:
		default:
		}
	})
}

// apexes are the zones that there are now, each with its stanza.
func (w *watch) apexes() map[string]watchedApex {
	list := make(map[string]watchedApex)
	add := func(apex owner.Name) {
		if c := watchFor(w.stanzas, apex); c != nil {
			list[apex.Canonical()] = watchedApex{apex, c}
		}
	}
	for _, apex := range w.named {
		add(apex)
	}
	if w.secondary != nil {
		for _, apex := range w.secondary.Zones() {
			add(apex)
		}
	}
	return list
}

type watchedApex struct {
	apex   owner.Name
	stanza *watchConfig
}

// around is a duration, a tenth more or less: zones do not stay in step with each other.
func around(d time.Duration) time.Duration {
	return d - d/10 + rand.N(d/5+1)
}
