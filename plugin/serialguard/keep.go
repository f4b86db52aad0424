package serialguard

import (
	"errors"
	"io/fs"
	"net/netip"

	"github.com/understudy-dns/understudy/plugin/alerts"
	"github.com/understudy-dns/understudy/plugin/internal/journal"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/shelf"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// archive is where the state of a zone is kept; nil: nowhere.
func (g *gate) archive(z *refresh.Zone, s *stanza) *archive {
	dir := s.dir(z.Config())
	if dir == "" {
		return nil
	}
	a, err := process.open(dir)
	if err != nil {
		failed(z.Name()+": state_dir", err)
		return nil
	}
	return a
}

// stem is what the names of a zone's files begin with.
func (g *gate) stem(z *refresh.Zone) string {
	return journal.Stem(journal.ID{Zone: z.Name(), View: g.view, Key: g.key})
}

// began keeps a version that is held, and tells of it.
func (g *gate) began(z *refresh.Zone, s *stanza, p *refresh.Proposal) {
	process.begin(z)
	if p.Held != nil {
		return // it was kept before
	}
	a := g.archive(z, s)
	if a == nil {
		return
	}
	stem, v, d := g.stem(z), p.Version, p.Delta
	l := shelf.Label{Zone: z.Name(), Time: p.Since, Primary: p.Primary.String()}
	a.later(z.Name()+": what is held cannot be kept on disk", func() error {
		if was, err := shelf.Describe(a.path(stem, heldSuffix)); err == nil && was.Hash == shelf.Hash(v.SetHash()) && was.BaseHash == baseOf(d) {
			return nil // it is there
		}
		return shelf.Write(a.path(stem, heldSuffix), l, v, d)
	})
}

func baseOf(d *zone.Delta) shelf.Hash {
	if d == nil {
		return shelf.Hash{}
	}
	return shelf.Hash(d.From.Hash)
}

// keep keeps the version that is about to be replaced.
func (g *gate) keep(z *refresh.Zone, s *stanza, p *refresh.Proposal) {
	a, stem, most := g.archive(z, s), g.stem(z), s.history
	was, l := p.Old, shelf.Label{Zone: z.Name(), Time: p.Now}
	var back *zone.Delta
	if d := p.Delta; d != nil && d.From.Hash == was.SetHash() {
		back = shelf.Reversed(d)
	}
	a.later(z.Name()+": the version before cannot be kept on disk", func() error {
		if most == 0 {
			return a.trim(stem, 0)
		}
		return a.push(stem, most, func(path string) error { return shelf.Write(path, l, was, back) })
	})
}

// Recall implements refresh.Gate.
func (g *gate) Recall(z *refresh.Zone, have *zone.Version, hash zone.SetHash) *refresh.Held {
	g = g.now(z)
	s := of(g.stanzas, z.Apex())
	if s == nil {
		return nil
	}
	a := g.archive(z, s)
	if a == nil {
		return nil
	}
	a.settle()
	v, d, l, err := shelf.Read(a.path(g.stem(z), heldSuffix), z.Apex(), have)
	if err != nil || v.SetHash() != hash {
		if !errors.Is(err, fs.ErrNotExist) {
			failed(z.Name()+": what was held cannot be read", errors.Join(err, errOther))
		}
		return nil
	}
	from, _ := netip.ParseAddrPort(l.Primary)
	return &refresh.Held{
		Serial: v.Serial(), From: from, Since: l.Time,
		Fetched: xfr.Fetched{Version: v, Delta: d, How: xfr.ByAXFR, Serial: v.Serial(), Offered: true},
	}
}

var errOther = errors.New("it is asked for again")

// Ended implements refresh.Gate.
func (g *gate) Ended(z *refresh.Zone, away bool) {
	if away {
		process.gone(z)
		g.silence(z)
		return
	}
	alerts.Resolve(alertHeld, g.labels(z))
	process.end(z)
	if s := of(g.stanzas, z.Apex()); s != nil {
		if a := g.archive(z, s); a != nil {
			stem := g.stem(z)
			a.later(z.Name()+": what was held", func() error { return a.remove(stem, heldSuffix) })
		}
	}
}

// Erase implements refresh.Eraser.
func (g *gate) Erase(z *refresh.Zone) {
	if s := of(g.stanzas, z.Apex()); s != nil {
		if a := g.archive(z, s); a != nil {
			stem := g.stem(z)
			a.later(z.Name()+": what was kept of it", func() error { return a.erase(stem) })
		}
	}
}

// Earlier implements refresh.Overruler.
func (g *gate) Earlier(z *refresh.Zone) (list []refresh.Earlier) {
	s := of(g.stanzas, z.Apex())
	if s == nil {
		return nil
	}
	a := g.archive(z, s)
	if a == nil {
		return nil
	}
	reached := make(map[shelf.Hash]bool)
	if v := z.Current(); v != nil {
		reached[shelf.Hash(v.SetHash())] = true
	}
	for _, l := range a.versions(g.stem(z)) {
		if l.Whole || reached[l.BaseHash] { // else find does not find it
			reached[l.Hash] = true
			list = append(list, refresh.Earlier{Serial: l.Serial, Records: l.Records, Until: l.Time})
		}
	}
	return list
}
