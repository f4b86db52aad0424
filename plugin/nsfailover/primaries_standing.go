package nsfailover

import (
	"slices"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

// A standing is a primary as it is seen from outside.
type standing struct {
	refresh.Watched
	primaryState
	rank   int           // in which order it is asked for that zone, from 1
	behind time.Duration // for how long a newer serial is known than it has
	pinned bool
}

// standings are those of all primaries, by their address.
func (r *ranked) standings(now time.Time) (list []standing) {
	r.mu.Lock()
	defer r.mu.Unlock()
	zones := make(map[string][]refresh.Watched)
	for _, w := range r.list {
		zones[w.Apex.Canonical()] = append(zones[w.Apex.Canonical()], w)
	}
	for apex, watched := range zones {
		pinned := r.zones.Pinned(watched[0].Apex)
		order := r.config.ranking.Order(r.views(watched), pinned, now)
		for _, w := range watched {
			addr := w.Primary.Addr
			s := standing{Watched: w, primaryState: *r.known[addr], pinned: addr == pinned}
			s.rank = 1 + slices.IndexFunc(order, func(v primary.View) bool { return v.Addr == addr })
			if since := r.serials[apex].Behind(s.serial); s.told && !since.IsZero() {
				s.behind = now.Sub(since)
			}
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b standing) int { return a.Primary.Addr.Compare(b.Primary.Addr) })
	return list
}

// views are what checks have found, as a refresh would see it.
func (r *ranked) views(watched []refresh.Watched) (list []primary.View) {
	for _, w := range watched {
		s := r.known[w.Primary.Addr]
		list = append(list, primary.View{Addr: w.Primary.Addr, Serial: s.serial, RTT: s.soa.RTT, Health: s.health()})
	}
	return list
}
