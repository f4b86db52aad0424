package prober

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/understudy-dns/understudy/plugin/internal/health"
)

// View is a watch, and what is known of its target.
type View struct {
	User   string
	Key    Key
	Canary bool
	State  health.State
}

// Views are all watches, by user and key.
func (p *Prober) Views() (views []View) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.ordered() {
		views = append(views, View{m.User, m.Check.Key(), m.Canary, m.state})
	}
	return views
}

// version is that of the format of what Save gives.
const version = 1

type document struct {
	Version int     `json:"version"`
	Watches []entry `json:"watches"`
}

type entry struct {
	User    string `json:"user"`
	Subject string `json:"subject,omitempty"`
	Key
	State health.State `json:"state"`
}

// Save is the state of all that is watched, or was a while ago, and the overrides, for Restore. It works after Close as
// well.
func (p *Prober) Save() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := document{Version: version, Watches: make([]entry, 0, len(p.machines)+len(p.parked))}
	for id, m := range p.machines {
		d.Watches = append(d.Watches, entry{id.user, m.Subject, id.key, m.state})
	}
	for id, k := range p.parked {
		d.Watches = append(d.Watches, entry{id.user, k.subject, id.key, k.state})
	}
	slices.SortFunc(d.Watches, func(a, b entry) int { return cmp.Or(cmp.Compare(a.User, b.User), a.Key.compare(b.Key)) })
	text, _ := json.Marshal(d) // none of these types can fail
	return text
}

// ErrSaved says that what is to be restored was not saved by Save.
var ErrSaved = errors.New("no saved state")

// Restore has watches that are configured from now on begin with the states that were saved. The error wraps ErrSaved; then
// nothing is restored.
func (p *Prober) Restore(text []byte) error {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return fmt.Errorf("%w: %w", ErrSaved, err)
	}
	if d.Version != version {
		return fmt.Errorf("%w: version %d", ErrSaved, d.Version)
	}
	restored := make(map[machineID]parked, len(d.Watches))
	for _, e := range d.Watches {
		restored[machineID{e.User, e.Key}] = parked{e.Subject, e.State}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.parked = restored
	return nil
}
