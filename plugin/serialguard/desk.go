package serialguard

import (
	"context"
	"os"
	"time"

	"github.com/understudy-dns/understudy/plugin/alerts"
	"github.com/understudy-dns/understudy/plugin/internal/events"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

// deskEach is how often it is looked for approvals that operators have left in files, and told of what is held: for every
// thousand zones.
const (
	deskEach  = time.Second
	deskZones = 1000
	deskSoon  = 50 * time.Millisecond
	mostSoon  = 20
)

// sit does that for as long as something is held. It is the goroutine of the desk; process.detach waits for its end.
func (p *guardian) sit(ctx context.Context) {
	d := desk{guardian: p, told: make(map[*refresh.Zone]*told), timer: time.NewTimer(0)}
	defer d.timer.Stop()
	for p.occupied() {
		select {
		case <-d.timer.C:
			d.round(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// occupied says whether something is held. If not, the desk is left.
func (p *guardian) occupied() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sitting = len(p.held) > 0
	return p.sitting
}

// A desk is what its goroutine knows.
type desk struct {
	*guardian
	timer  *time.Timer
	told   map[*refresh.Zone]*told
	served map[string]bool // files with approvals, in this round: one is for all zones of its name
	soon   bool            // a zone is to be looked at again at once
}

// told is what was said of a zone.
type told struct {
	held      *refresh.Held
	critical  bool
	server    string // as the alert says
	complaint string // about the last file
	waits     int    // rounds in which nothing was held yet
}

func (d *desk) round(ctx context.Context) {
	zones := d.all()
	d.served, d.soon = make(map[string]bool), false
	next := make(map[*refresh.Zone]*told, len(zones))
	for _, z := range zones {
		if ctx.Err() != nil {
			return
		}
		if next[z] = d.told[z]; next[z] == nil {
			next[z] = new(told)
		}
		d.look(z, next[z])
	}
	for path := range d.served {
		if err := os.Remove(path); err != nil {
			failed("the file with an approval", err)
		}
	}
	d.told = next
	wait := deskEach * time.Duration(1+len(zones)/deskZones)
	if d.soon {
		wait = min(wait, deskSoon)
	}
	d.timer.Reset(wait)
}

func (d *desk) look(z *refresh.Zone, t *told) {
	h, g := z.Held(), gateOf(z)
	switch {
	case g == nil:
		d.end(z) // it is not guarded any more
		return
	case h == nil:
		t.waits++
		d.soon = d.soon || t.waits <= mostSoon // it was judged, and is about to be held
		return
	}
	t.waits = 0
	a := g.heldAlert(z, h)
	if critical := a.Severity == events.Critical; t.held != h || t.critical != critical || t.server != g.server {
		t.held, t.critical, t.server = h, critical, g.server
		alerts.Fire(a)
		if z.Held() != h || g.now(z).server != g.server {
			alerts.Resolve(a.Name, a.Labels) // it ended, or was another one's, before the alert was there
		}
	}
	path, err := g.acceptFile(z)
	switch {
	case path != "":
		t.complaint = ""
		d.served[path] = true
		log.Infof("%s: what is held was approved by a file", z.Name())
		g.refresh(z)
	case err != nil && t.complaint != err.Error():
		t.complaint = err.Error()
		log.Warningf("%s: %v", z.Name(), err)
	}
}
