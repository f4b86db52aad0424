package nsfailover

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/health"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/pool"
	"github.com/understudy-dns/understudy/plugin/internal/prober"
	"github.com/understudy-dns/understudy/plugin/internal/status"
)

func init() { status.Register("pools", poolsPart{}) }

// poolsPart shows the pools: all of them, or those of a name; and takes orders for one.
//
//	GET  /v1/pools    /v1/pools/NAME
//	POST /v1/pools/NAME/failback
//	POST /v1/pools/NAME/ADDRESS/drain    …/up    …/down    …/auto
type poolsPart struct{}

// poolDocument is what is told of a pool.
type poolDocument struct {
	Name     string            `json:"name"`
	Server   string            `json:"server"`
	Families map[string]string `json:"families"` // where the addresses come from
	FailBack *time.Time        `json:"failback_since,omitempty"`
	Inert    string            `json:"inert,omitempty"`
	Members  []memberDocument  `json:"members"`
}

type memberDocument struct {
	Address  string    `json:"address"`
	Backup   bool      `json:"backup"`
	State    string    `json:"state"`
	Override string    `json:"override,omitempty"`
	Used     bool      `json:"used"`
	Since    time.Time `json:"since,omitzero"`
	Checked  time.Time `json:"checked,omitzero"`
	RTT      float64   `json:"rtt_seconds,omitempty"`
	Load     *float64  `json:"load,omitempty"`
	Reason   string    `json:"reason,omitempty"`
}

// Read implements status.Part.
func (poolsPart) Read(path []string) (any, error) {
	if len(path) > 1 {
		return nil, status.ErrNothing
	}
	list := []poolDocument{}
	for _, r := range process.sorted() {
		if len(path) == 0 || r.id.name == nameOf(path[0]) {
			list = append(list, r.document())
		}
	}
	if len(path) == 1 && len(list) == 0 {
		return nil, status.ErrNothing
	}
	return map[string]any{"pools": list}, nil
}

func nameOf(text string) string {
	name, err := owner.Parse(text)
	if err != nil {
		return ""
	}
	return name.Canonical()
}

// sorted are the pools by name.
func (c *centre) sorted() []*runtime {
	c.mu.Lock()
	list := slices.Collect(maps.Values(c.pools))
	c.mu.Unlock()
	slices.SortFunc(list, func(a, b *runtime) int {
		return cmp.Or(cmp.Compare(a.id.name, b.id.name), cmp.Compare(a.id.server, b.id.server))
	})
	return list
}

func (r *runtime) document() poolDocument {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := poolDocument{Name: r.id.name, Server: r.id.server, Families: make(map[string]string)}
	for f, family := range families {
		d.Families[family] = r.state[f].Tier.String()
		if good := r.state[f].Good; !good.IsZero() {
			at := status.At(good)
			d.FailBack = &at
		}
	}
	if i := r.inert.Load(); i != nil && i.signed {
		d.Inert = "signed"
	}
	for _, a := range r.config.members() {
		m := r.members[a]
		d.Members = append(d.Members, memberDocument{
			Address: a.String(), Backup: slices.Contains(r.config.backup, a), State: m.state.Phase().String(), Override: string(m.state.Override),
			Used: r.answer.Load().has(a), Since: status.At(m.state.Since),
			Checked: status.At(m.state.Checked), RTT: m.state.RTT.Seconds(), Load: m.load, Reason: m.state.Reason,
		})
	}
	return d
}

// has says whether an address is one of those that are answered.
func (a *answer) has(addr netip.Addr) bool {
	return slices.ContainsFunc(a.list[pool.FamilyOf(addr)], func(m pool.Member) bool { return m.Addr == addr })
}

// Order implements status.Part. A pool is one service, whatever server blocks have it: views of a zone, or listeners.
func (poolsPart) Order(_ context.Context, path []string, from string) (any, error) {
	if len(path) < 2 || len(path) > 3 {
		return nil, status.ErrNoAction
	}
	var list []*runtime
	for _, r := range process.sorted() {
		if r.id.name == nameOf(path[0]) {
			list = append(list, r)
		}
	}
	switch {
	case len(list) == 0:
		return nil, status.ErrNothing
	case len(path) == 2:
		return orderedBack(list, path[1], from)
	}
	return overridden(list, path[1], path[2], from)
}

// orderedBack ends the failovers of a pool, in whatever server blocks there are some.
func orderedBack(list []*runtime, action, from string) (any, error) {
	if action != "failback" {
		return nil, status.ErrNoAction
	}
	log.Infof("pool %s: failback ordered from %s", list[0].id.name, from)
	ended, documents := false, []poolDocument{}
	for _, r := range list {
		ended = r.failBack() || ended
		documents = append(documents, r.document())
	}
	if !ended {
		return nil, fmt.Errorf("%w: it does not stand on its backups, or the primaries are not usable", status.ErrState)
	}
	return map[string]any{"pools": documents}, nil
}

// overridden forces something upon a member, wherever the pool has it. That is kept over a restart.
func overridden(list []*runtime, addr, action, from string) (any, error) {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return nil, status.ErrNothing
	}
	override, err := health.ParseOverride(action)
	if err != nil {
		return nil, status.ErrNoAction
	}
	process.mu.Lock()
	p := process.prober
	process.mu.Unlock()
	known := false
	for _, r := range list {
		known = p != nil && r.override(p, a.Unmap(), override) || known
	}
	if !known {
		return nil, status.ErrNothing
	}
	log.Infof("pool %s: '%s' of %s ordered from %s", list[0].id.name, action, a, from)
	return map[string]string{"pool": list[0].id.name, "address": a.String(), "ordered": action}, nil
}

// override has an operator's word count for a member, and says whether it is one.
func (r *runtime) override(p *prober.Prober, a netip.Addr, o health.Override) bool {
	r.mu.Lock()
	c := r.config
	r.mu.Unlock()
	if !slices.Contains(c.members(), a) {
		return false
	}
	check, err := c.checkOf(a)
	return err == nil && p.Order(r.user(a), check.Key(), o)
}
