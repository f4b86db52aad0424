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
	served   int             // members that the server block serves
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
	r.served++
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
		list = append(list, fmt.Sprintf("%d members are ignored, because there are zones with their names: %s", n, few(r.clashes)))
	}
	if r.outside > 0 {
		list = append(list, fmt.Sprintf("%d members are ignored, because they are outside of the zones of 'catalog'", r.outside))
	}
	if r.unasked > 0 {
		list = append(list, fmt.Sprintf("%d members are outside of the names of the server block, which so gets no queries for them; one is %s", r.unasked, r.firstOff))
	}
	if r.ungroup > 0 {
		list = append(list, fmt.Sprintf("%d members have the primaries of the catalog, because they are in no group of the Corefile, but in: %s",
			r.ungroup, few(slices.Sorted(maps.Keys(r.strange)))))
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

// tellChange logs what a version of a catalog changed, in one line.
func tellChange(name string, l *listing, c catalog.Change, wasBroken bool) {
	serial := l.read.Serial()
	if l.broken != nil {
		log.Errorf("%s: serial %s: %v; its %d members stay as they are", name, serial, l.broken, l.members.Len())
		return
	}
	if wasBroken {
		log.Infof("%s: serial %s is a good catalog again", name, serial)
	}
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{
		{c.Added, "added"}, {c.Removed, "removed"}, {c.Reset, "reset"}, {c.Altered, "with other properties"}, {c.Back, "listed again"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	if len(parts) > 0 {
		log.Infof("%s: catalog with serial %s has %d members: %s", name, serial, l.members.Len(), strings.Join(parts, ", "))
	}
	if c.Held > 0 {
		log.Errorf("%s: HELD: catalog with serial %s loses %d of its members at once; they stay until it lists them again, the loss is released, or it has lasted for %s",
			name, serial, c.Held, catalog.Patience)
	}
}
