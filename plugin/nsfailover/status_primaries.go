package nsfailover

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/health"
	"github.com/understudy-dns/understudy/plugin/internal/prober"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/status"
)

func init() { status.Register("primaries", primariesPart{}) }

// primariesPart shows the primaries that are looked after: all of them, or those at an address; and takes orders for one.
//
//	GET  /v1/primaries    /v1/primaries/ADDRESS
//	POST /v1/primaries/ADDRESS/drain    …/up    …/down    …/auto
type primariesPart struct{}

// primaryDocument is what is told of a primary in a server block.
type primaryDocument struct {
	Address   string             `json:"address"`
	Server    string             `json:"server"`
	Zone      string             `json:"zone"` // that it is asked for
	Used      bool               `json:"used"` // it is asked before those that are not
	Override  string             `json:"override,omitempty"`
	Rank      int                `json:"rank"`
	Pinned    bool               `json:"pinned,omitempty"`
	Serial    *uint32            `json:"serial,omitempty"`
	Lag       float64            `json:"lag_seconds,omitempty"`
	Authority capabilityDocument `json:"authority"`
	Transfers capabilityDocument `json:"transfers"`
}

// capabilityDocument is what is told of what a primary is good for.
type capabilityDocument struct {
	State   string    `json:"state"`
	Since   time.Time `json:"since,omitzero"`
	Checked time.Time `json:"checked,omitzero"`
	RTT     float64   `json:"rtt_seconds,omitempty"`
	Reason  string    `json:"reason,omitempty"`
}

func capabilityOf(s health.State) capabilityDocument {
	return capabilityDocument{s.Phase().String(), status.At(s.Since), status.At(s.Checked), s.RTT.Seconds(), s.Reason}
}

func (s standing) document(server string) primaryDocument {
	d := primaryDocument{
		Address: s.Primary.Addr.String(), Server: server, Zone: s.Apex.Canonical(), Used: s.usable(), Override: string(s.soa.Override),
		Rank: s.rank, Pinned: s.pinned, Lag: s.behind.Seconds(), Authority: capabilityOf(s.soa), Transfers: capabilityOf(s.xfr),
	}
	if s.told {
		n := uint32(s.serial)
		d.Serial = &n
	}
	return d
}

// Read implements status.Part.
func (primariesPart) Read(path []string) (any, error) {
	if len(path) > 1 {
		return nil, status.ErrNothing
	}
	var at netip.AddrPort
	if len(path) == 1 {
		at = addressOf(path[0])
	}
	list := []primaryDocument{}
	blocks, _ := process.lookedAfter()
	for _, r := range blocks {
		for _, s := range r.standings(time.Now()) {
			if len(path) == 0 || s.Primary.Addr == at {
				list = append(list, s.document(r.server))
			}
		}
	}
	if len(path) == 1 && len(list) == 0 {
		return nil, status.ErrNothing
	}
	return map[string]any{"primaries": list}, nil
}

// addressOf reads an address, with a port if that is not 53.
func addressOf(text string) netip.AddrPort {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netip.AddrPortFrom(addr.Unmap(), 53)
	}
	at, _ := netip.ParseAddrPort(text)
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// lookedAfter are the primaries of all server blocks, in their order, and who checks them.
func (c *centre) lookedAfter() ([]*ranked, *prober.Prober) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []*ranked
	for _, r := range c.ranked() {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b *ranked) int { return cmp.Compare(a.server, b.server) })
	return list, c.prober
}

// Order implements status.Part. A primary is one host, whatever server blocks have it.
func (primariesPart) Order(_ context.Context, path []string, from string) (any, error) {
	if len(path) != 2 {
		return nil, status.ErrNoAction
	}
	at := addressOf(path[0])
	blocks, p := process.lookedAfter()
	known := false
	for _, r := range blocks {
		known = known || slices.ContainsFunc(r.list, func(w refresh.Watched) bool { return w.Primary.Addr == at })
	}
	if !known || p == nil {
		return nil, status.ErrNothing
	}
	override, err := health.ParseOverride(path[1])
	if err != nil {
		return nil, status.ErrNoAction
	}
	for _, r := range blocks {
		for _, w := range r.list {
			if w.Primary.Addr == at {
				r.override(w, p, override)
			}
		}
	}
	log.Infof("primary %s: '%s' ordered from %s", at, path[1], from)
	return map[string]string{"address": at.String(), "ordered": path[1]}, nil
}
