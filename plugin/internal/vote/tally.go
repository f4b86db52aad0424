// Package vote has several sites agree on which targets are down. Each site says what it sees, in an etcd that all of them
// reach; a target is down when enough of them see it so. Who cannot reach that etcd decides alone.
package vote

import "maps"

// Rule is how many sites must agree.
type Rule struct {
	Sites int // 0: more than half of those that are there
}

// needed is how many of so many sites.
func (r Rule) needed(sites int) int {
	if r.Sites > 0 {
		return r.Sites
	}
	return sites/2 + 1
}

// A Tally is what all sites say. It does not change.
type Tally struct {
	sites map[string]bool            // that are there
	down  map[string]map[string]bool // by target: the sites that see it down
}

// Sites is how many sites are there.
func (t *Tally) Sites() int { return len(t.sites) }

// Against is how many sites see a target down.
func (t *Tally) Against(target string) int { return len(t.down[target]) }

// Down says whether enough sites see a target down.
func (t *Tally) Down(r Rule, target string) bool {
	return len(t.sites) > 0 && t.Against(target) >= r.needed(len(t.sites))
}

// with is the tally after a site has come, or gone.
func (t *Tally) with(site string, there bool) *Tally {
	next := &Tally{sites: maps.Clone(t.sites), down: t.down}
	if next.sites == nil {
		next.sites = make(map[string]bool)
	}
	delete(next.sites, site)
	if there {
		next.sites[site] = true
	}
	return next
}

// seen is the tally after a site has said what it sees of a target.
func (t *Tally) seen(site, target string, down bool) *Tally {
	next := &Tally{sites: t.sites, down: maps.Clone(t.down)}
	if next.down == nil {
		next.down = make(map[string]map[string]bool)
	}
	by := maps.Clone(next.down[target])
	if by == nil {
		by = make(map[string]bool)
	}
	delete(by, site)
	if down {
		by[site] = true
	}
	if next.down[target] = by; len(by) == 0 {
		delete(next.down, target)
	}
	return next
}
