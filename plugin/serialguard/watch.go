package serialguard

import (
	"context"
	"errors"
	"time"

	"github.com/understudy-dns/understudy/plugin/corefile"
	"github.com/understudy-dns/understudy/plugin/internal/breather"
	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// A watch looks at the zones that the other plugins of a server block serve, one after the other. It sees what a
// secondary could transfer, and changes nothing. One goroutine does it, and never has more than one transfer under way.
type watch struct {
	corefile.Task
	server  string // as that of the gate
	sources []source
	zones   []*watched
	guards  func(owner.Name) bool // the zones of secondaryplus, which the gate sees; nil: there is none
	place   string                // tells it from those of other server blocks, over reloads

	pace       time.Duration // from one round to the next
	warn, info func(format string, args ...any)
}

// watched is a zone of a watch.
type watched struct {
	apex    owner.Name
	name    string
	stanza  *stanza
	audited time.Time // when all of it was read last; zero: not since the plugins were set up
	*seen
}

// lookEvery is how soon a change of serial is seen at the latest.
const lookEvery = 30 * time.Second

// newWatch makes a watch of the zones that stanzas name. It knows nothing of them yet: see watches.attach.
func newWatch(server string, stanzas []*stanza, sources []source) *watch {
	w := &watch{server: server, sources: sources, pace: lookEvery, warn: log.Warningf, info: log.Infof}
	named := make(map[string]bool)
	for _, s := range stanzas {
		w.pace = min(w.pace, s.audit)
		for _, apex := range s.zones {
			name := apex.Canonical()
			if !named[name] {
				w.zones = append(w.zones, &watched{apex: apex, name: name, stanza: of(stanzas, apex)})
			}
			named[name] = true
		}
	}
	w.Run = w.run
	return w
}

func (w *watch) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var b breather.Breather
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		for _, z := range w.zones {
			w.visit(ctx, z)
			b.Did(visitWork)
		}
		timer.Reset(w.pace)
	}
}

// visitWork is what it takes to ask for one of many zones, in units of package breather.
const visitWork = 16

// visit looks for another serial, or when that is due, at all of the zone.
func (w *watch) visit(ctx context.Context, z *watched) {
	if ctx.Err() != nil || w.guards != nil && w.guards(z.apex) {
		return
	}
	now := time.Now()
	have := z.have()
	if due := z.version == nil || z.audited.IsZero() || now.Sub(z.audited) >= z.stanza.audit; due {
		have = 0
	} else if have == 0 {
		return // to look with serial 0 would be to read all of it
	}
	t, err := look(ctx, w.sources, z.apex, have, z.version)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		w.missed(z, err)
	default:
		w.saw(ctx, z, t, now)
	}
}

// missed notes that a zone cannot be read. What happens once may be a secondary that begins, or a file that is being
// replaced.
func (w *watch) missed(z *watched, err error) {
	const told = 2
	if z.failures++; z.failures != told {
		return
	}
	switch {
	case z.version != nil:
		w.warn("%s: serial %s was the last that could be seen: %v", z.name, z.version.Serial(), err)
	case w.guards == nil || !errors.Is(err, errNobody): // else it may be a name above zones of secondaryplus
		w.warn("%s: cannot be watched: %v", z.name, err)
	}
}

// saw takes in what a source has.
func (w *watch) saw(ctx context.Context, z *watched, t taken, now time.Time) {
	if t.version != nil && w.torn(ctx, z, t) {
		return
	}
	first, back := z.version == nil, z.failures > 1
	z.failures = 0
	var findings []guard.Finding
	if t.version != nil {
		z.audited = now
		findings = z.judge(z.stanza.policy, t, now)
		count(z.name, w.server, findings)
		evaluation.Observe(time.Since(now).Seconds())
	}
	switch {
	case first:
		w.info("%s: serial %s of plugin %s is watched, with %s", z.name, z.have(), t.from, records(z.version.Records()))
	case back:
		w.info("%s: can be seen again: serial %s of plugin %s", z.name, z.have(), t.from)
	}
	for _, f := range findings {
		w.warn("%s: serial %s of plugin %s: %s", z.name, z.have(), t.from, f)
	}
}

// torn says whether content that is new to its serial was changing while it was read. The kubernetes plugin lists
// services after the SOA was sent: if the serial is another one now, what was read has parts of two versions.
func (w *watch) torn(ctx context.Context, z *watched, t taken) bool {
	now := t.version.Serial()
	if z.version == nil || z.version.Serial() != now || z.version.SetHash() == t.version.SetHash() {
		return false
	}
	again, err := look(ctx, w.sources, z.apex, now, t.version)
	return err != nil || again.version != nil && again.version.Serial() != now
}
