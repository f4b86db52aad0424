package secondaryplus

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/understudy-dns/understudy/plugin/internal/catalog"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// remarks are what is to be said of each catalog of a server block.
type remarks map[*served]*remark

func (r remarks) on(by *served) *remark {
	if r[by] == nil {
		r[by] = &remark{strange: map[string]bool{}}
	}
	return r[by]
}

type remark struct {
	outside  int             // those that `catalog` does not admit
	unasked  int             // those for which the server block gets no queries
	clashes  []string        // those that are somebody else's
	ungroup  int             // those only in groups that the Corefile does not know
	strange  map[string]bool // these groups
	firstOff owner.Name      // one of those for which the server block gets no queries
}

func (r *remark) clash(m catalog.Member, with string) {
	r.clashes = append(r.clashes, fmt.Sprintf("%s (of %s)", m.Zone, with))
}

func (r *remark) count(p *Plugin, c claim) {
	if len(p.reach) > 0 && !slices.ContainsFunc(p.reach, c.member.Zone.IsBelowOrEqual) {
		r.unasked++
		if r.firstOff == nil || slices.Compare(c.member.Zone, r.firstOff) < 0 {
			r.firstOff = c.member.Zone
		}
	}
	if _, known := c.by.variant(c.member); !known {
		r.ungroup++
		for _, g := range c.member.Groups {
			r.strange[g] = true
		}
	}
}

// lines are what is wrong, one matter a line.
func (r *remark) lines() (list []string) {
	if n := len(r.clashes); n > 0 {
		slices.Sort(r.clashes)
		list = append(list, fmt.Sprintf("%s ignored, because there are zones with such names: %s", members(n), few(r.clashes)))
	}
	if r.outside > 0 {
		list = append(list, fmt.Sprintf("%s ignored, outside of the zones of 'catalog'", members(r.outside)))
	}
	if r.unasked > 0 {
		list = append(list, fmt.Sprintf("%s outside of the names of the server block, which gets no queries for them: %s, for one", members(r.unasked), r.firstOff))
	}
	if r.ungroup > 0 {
		list = append(list, fmt.Sprintf("%s with the primaries of the catalog, because no group of the Corefile is among theirs: %s",
			members(r.ungroup), few(slices.Sorted(maps.Keys(r.strange)))))
	}
	return list
}

// tell logs what was not told before; engine.change is held.
func (r remarks) tell(p *Plugin) {
	for by, note := range r {
		lines := note.lines()
		if all := strings.Join(lines, "\n"); all != p.remarked[by] {
			p.remarked[by] = all
			for _, line := range lines {
				log.Warningf("%s: %s", by.name, line)
			}
		}
	}
}

// few is a list as it fits on a line.
func few(list []string) string {
	const most = 8
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}

// members is a number of them.
func members(n int) string {
	if n == 1 {
		return "1 member"
	}
	return fmt.Sprintf("%d members", n)
}
