package nsfailover

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/understudy-dns/understudy/plugin/internal/nswatch"
)

// mostPast bounds the zones whose history is kept though they are not watched.
const mostPast = 10000

// savedHistory is what save gave last, and when.
type savedHistory struct {
	changes uint64
	text    []byte
}

// savedZones is the form of what is kept.
type savedZones struct {
	Version int         `json:"version"`
	Zones   []savedZone `json:"zones"`
}

type savedZone struct {
	Server  string          `json:"server"`
	Zone    string          `json:"zone"`
	Serials nswatch.History `json:"serials"`
}

const savedVersion = 1

// save is the history of all zones, for restore. It is called by one at a time.
func (p *watches) save() []byte {
	changes := p.changes.Load()
	if p.saved.text != nil && changes == p.saved.changes {
		return p.saved.text
	}
	d := savedZones{Version: savedVersion, Zones: []savedZone{}}
	p.known.Lock()
	for at, z := range p.all {
		d.Zones = append(d.Zones, savedZone{at.place, at.zone, z.serials()})
	}
	for at, h := range p.past {
		d.Zones = append(d.Zones, savedZone{at.place, at.zone, h})
	}
	p.known.Unlock()
	slices.SortFunc(d.Zones, func(a, b savedZone) int {
		return cmp.Or(cmp.Compare(a.Server, b.Server), cmp.Compare(a.Zone, b.Zone))
	})
	text, _ := json.Marshal(d) // none of these types can fail
	p.saved = savedHistory{changes, text}
	return text
}

var errNoHistory = errors.New("no saved history")

// restore takes the history of zones that are to be watched.
func (p *watches) restore(text []byte) error {
	var d savedZones
	if err := json.Unmarshal(text, &d); err != nil {
		return fmt.Errorf("%w: %w", errNoHistory, err)
	}
	if d.Version != savedVersion {
		return fmt.Errorf("%w: version %d", errNoHistory, d.Version)
	}
	p.known.Lock()
	defer p.known.Unlock()
	for _, z := range d.Zones {
		if at := (watchPlace{z.Server, z.Zone}); p.all[at] == nil && len(p.past) < mostPast {
			p.past[at] = z.Serials
		}
	}
	return nil
}
