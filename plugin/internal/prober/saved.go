package prober

import (
	"encoding/json"
	"errors"
	"fmt"

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
	User string `json:"user"`
	Key
	State health.State `json:"state"`
}

// Save is the state of all that is watched, and the overrides, for Restore. It works after Close as well.
func (p *Prober) Save() []byte {
	d := document{Version: version, Watches: []entry{}}
	for _, v := range p.Views() {
		d.Watches = append(d.Watches, entry{v.User, v.Key, v.State})
	}
	text, _ := json.Marshal(d) // none of these types can fail
	return text
}

// ErrSaved says that what is to be restored was not saved by Save.
var ErrSaved = errors.New("no saved state")

// Restore has the watches of the next Configure begin with the states that were saved. The error wraps ErrSaved; then
// nothing is restored.
func (p *Prober) Restore(text []byte) error {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return fmt.Errorf("%w: %w", ErrSaved, err)
	}
	if d.Version != version {
		return fmt.Errorf("%w: version %d", ErrSaved, d.Version)
	}
	restored := make(map[machineID]health.State, len(d.Watches))
	for _, e := range d.Watches {
		restored[machineID{e.User, e.Key}] = e.State
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.restored = restored
	return nil
}
