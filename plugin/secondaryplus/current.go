package secondaryplus

import (
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Current is the version of a zone of p that was published last; nil: none was yet, or p has not begun. ok is false if the
// zone, which must be one itself and not only below one, is none of p's. Each publication has a Version of its own.
func (p *Plugin) Current(apex owner.Name) (v *zone.Version, ok bool) {
	s, ok := p.table()[string(owner.AppendLower(nil, apex))]
	if !ok {
		return nil, false
	}
	process.mu.Lock() // other plugins of the server block begin before p does
	attached := p.attached
	process.mu.Unlock()
	if !attached {
		return nil, true
	}
	return s.zone().Current(), true
}

// Zones are the apexes of p's zones, those of the Corefile and the members of catalogs, in no order. Catalog zones, which
// nobody resolves names in, are left out.
func (p *Plugin) Zones() []owner.Name {
	table := p.table()
	list := make([]owner.Name, 0, len(table))
	for _, s := range table {
		if !s.isCatalog() {
			list = append(list, s.apex)
		}
	}
	return list
}
