package refresh

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A Gate decides what becomes of a version that is well-formed, before it is published, and of what the primaries have
// when there is nothing newer. It is asked by the running refresh of the zone, one question at a time a zone.
type Gate interface {
	// Witnesses are the primaries that are asked for their content, too, before a version is judged; usually none.
	Witnesses(*Zone) []netip.AddrPort
	// Judge decides about a version that may be published.
	Judge(*Zone, Proposal) Ruling
	// Survey is told what the primaries said in a round of SOA checks.
	Survey(*Zone, Survey) Advice
	// Compare is told what a primary has that was to be audited, and says whether it is to be published.
	Compare(*Zone, Comparison) (r Ruling, adopt bool)
	// Recall finds the version that was held before a restart, by its hash. It may read a disk. nil: there is none.
	Recall(z *Zone, have *zone.Version, hash zone.SetHash) *Held
	// Ended is told that nothing is held of the zone any more, or that the zone was taken away, or has no gate any more:
	// then it may come back with the next process, and what is kept of it on disk stays.
	Ended(z *Zone, away bool)
}

// An Overruler is a Gate that an operator can overrule. The errors of its methods wrap ErrOverrule when the zone, as it is,
// cannot be treated so.
type Overruler interface {
	// Approve lets one content through, by its serial and digest.
	Approve(z *Zone, s serial.Serial, digest string) error
	// PutBack finds a version that was served before; nothing else is published until Resume.
	PutBack(z *Zone, s serial.Serial) (*zone.Version, error)
	Resume(*Zone) error
	// Earlier are the versions that could be put back, the latest first.
	Earlier(*Zone) []Earlier
}

// An Eraser is a Gate that keeps something of zones on disk.
type Eraser interface {
	// Erase removes it: the zone has ended for good, and another one may have its name.
	Erase(*Zone)
}

// A Mover is a Gate that keeps something of zones under names which another gate of its kind may not have.
type Mover interface {
	// Move is told that a zone is about to go by another configuration, which has a gate, too. What it returns is called when
	// that counts.
	Move(z *Zone, to *Config) (moved func())
}

// Earlier is a version that was served before.
type Earlier struct {
	Serial  serial.Serial
	Records int
	Until   time.Time // it was served
}

// ErrOverrule says that there is nothing that could be overruled so.
var ErrOverrule = errors.New("that cannot be done")

// A Proposal is a version that may be published, and where it came from.
type Proposal struct {
	guard.Candidate
	Primary   netip.AddrPort
	Primaries []primary.View // what each of them said last; of those that were not asked, before
	Held      *Held          // it was held before, and nothing was transferred now; nil: it was transferred
	// Agree are the primaries that have this content, Primary among them; Differ those that have another one with the
	// same serial. Only Witnesses are asked.
	Agree, Differ []netip.AddrPort
	// Memory is what the gate remembers of the zone, for as long as there is the zone. Nobody else looks at it.
	Memory *any
	// Since is since when something is held without a pause, and Still since when it is this content, or ones that newer
	// serials led to this one from; Now if that was not so before.
	Since, Still, Now time.Time
}

// A Ruling is what a Gate decides.
type Ruling struct {
	Verdict  guard.Verdict
	Findings []guard.Finding
	// Note is what else an operator should know, for the log.
	Note string
	// Digest is that of the version, by which it can be approved; empty: it cannot be.
	Digest string
	// Again is when the primaries are to be asked again at the latest, because a version that is held is to be judged
	// again, or one that was published to be compared with theirs; zero: there is no such time.
	Again time.Time
	// Until is when the waiting ends, one way or the other; zero: not by itself.
	Until time.Time
	// Lapse ends the lease of the zone: what is served is not to be served any more.
	Lapse bool
	// Since and Still are those of what is held from now on, if they are others than those of the Proposal; zero: not.
	Since, Still time.Time
}

// Held is what waits for a better judgement. It is not changed after it was made.
type Held struct {
	Serial  serial.Serial
	Fetched xfr.Fetched // its Version is nil when only the serial is known, which is not newer than what is served
	From    netip.AddrPort
	// Since is since when something is held without a pause: a content, or that the primaries are behind. Still is since when
	// it is this content, or ones that newer serials led to this one from.
	Since, Still time.Time
	Ruling       Ruling
}

// ruled is what is held, with another ruling.
func (h Held) ruled(r Ruling) *Held {
	h.Ruling = r
	if !r.Since.IsZero() {
		h.Since = r.Since
	}
	if !r.Still.IsZero() {
		h.Still = r.Still
	}
	return &h
}

// hash is that of the content; the zero SetHash: only the serial is known.
func (h *Held) hash() zone.SetHash {
	if h.Fetched.Version == nil {
		return zone.SetHash{}
	}
	return h.Fetched.Version.SetHash()
}

// gated is what a zone has with a gate.
type gated struct {
	held   atomic.Pointer[Held]
	memory any
	before holding // of what was held before a restart
	// warnings are what the gate found about the primaries in the last round of SOA checks.
	warnings atomic.Pointer[[]guard.Finding]
	// behind is since when no primary that answers has what is served or newer; zero: one has.
	behind time.Time
	// proven are the contents that primaries were seen to have. An IXFR that begins at one can be trusted.
	proven map[netip.AddrPort]zone.SetHash
}

// A holding has the moments of something held (see Held), and its hash; without since, nothing is held. An older serial of
// the primaries, of which there is no content, has the zero hash: that is another one.
type holding struct {
	since, still time.Time
	hash         zone.SetHash
}

// waiting is the holding of what is held.
func (g *gated) waiting() holding {
	if h := g.held.Load(); h != nil {
		return holding{h.Since, h.Still, h.hash()}
	}
	return g.before
}

// heldSince is since when something with a hash is held: from before, if it is the same.
func (z *Zone) heldSince(of zone.SetHash, now time.Time) (since time.Time, known bool) {
	if g := z.gated.Load(); g != nil {
		if w := g.waiting(); !w.since.IsZero() && w.hash == of {
			return w.since, true
		}
	}
	return now, false
}

// waits is the holding of a version, if it is held now. A newer one waits on where that before it was: or else a zone that
// changes often would be held for ever. After a restart the serial of that is not known.
func (z *Zone) waits(v *zone.Version, now time.Time) (w holding, known bool) {
	w = holding{now, now, v.SetHash()}
	g := z.gated.Load()
	if g == nil {
		return w, false
	}
	was := g.waiting()
	switch {
	case was.since.IsZero() || was.hash == (zone.SetHash{}):
		return w, false
	case was.hash == w.hash:
		return was, true
	}
	w.since = was.since
	if h := g.held.Load(); h != nil && v.Serial().Newer(h.Serial) {
		w.still = was.still
	}
	return w, false
}

// Held is the version that is kept back, nil: none is.
func (z *Zone) Held() *Held {
	if g := z.gated.Load(); g != nil {
		return g.held.Load()
	}
	return nil
}

// holdsTwin says whether a version is held that has the serial of what is served. Only an audit has shown it, and only
// another one of that primary can show that it is gone.
func (z *Zone) holdsTwin() bool {
	h, v := z.Held(), z.Current()
	if h == nil || v == nil || h.Fetched.Version == nil || h.Serial != v.Serial() {
		return false
	}
	_, ok := z.Config().primaryAt(h.From)
	return ok
}

// Warnings are what a gate has found about the primaries in the last round of SOA checks.
func (z *Zone) Warnings() []guard.Finding {
	if g := z.gated.Load(); g != nil {
		if list := g.warnings.Load(); list != nil {
			return *list
		}
	}
	return nil
}

// End lets go of what is held of a zone that was taken away.
func (z *Zone) End() {
	z.gated.Store(nil)
	if gate := z.Config().Gate; gate != nil {
		gate.Ended(z, true)
	}
}

// letGo forgets what is held, and what was before a restart.
func (z *Zone) letGo() {
	g := z.gated.Load()
	if g == nil {
		return
	}
	since := g.waiting().since
	next := &gated{memory: g.memory, proven: g.proven}
	next.warnings.Store(g.warnings.Load())
	z.gated.Store(next)
	if gate := z.Config().Gate; gate != nil && !since.IsZero() {
		gate.Ended(z, false)
	}
}

// admit asks the gate about a version that was transferred, and says whether it is to be published. If it is not, the
// refresh has ended when the version is held, and goes on when it is rejected.
func (c *cycle) admit(ctx context.Context, from netip.AddrPort, f xfr.Fetched) (publish, ended bool) {
	ruling := c.rule(ctx, from, f, nil)
	c.outcome.Ruling = ruling
	switch ruling.Verdict {
	case guard.Accept, guard.Warn:
		return true, false
	case guard.Hold:
		c.hold(&Held{Serial: f.Version.Serial(), Fetched: f, From: from, Ruling: ruling})
		c.outcome.Fetched = f
		c.saw(from, f.Version.Serial(), f.Granted)
		return false, true
	}
	c.errs = append(c.errs, fmt.Errorf("%s: %w: serial %s %s", from, guard.ErrRejected, f.Version.Serial(), reasons(ruling.Findings)))
	return false, false
}

func (c *cycle) rule(ctx context.Context, from netip.AddrPort, f xfr.Fetched, held *Held) Ruling {
	if !c.gates() {
		return Ruling{}
	}
	views := c.views
	if views == nil {
		views = c.zone.Report().Primaries
	}
	now := time.Now()
	c.ruled = now
	w, _ := c.zone.waits(f.Version, now)
	p := Proposal{
		Candidate: guard.Candidate{Old: c.have, Version: f.Version, Delta: f.Delta, Forced: c.forced()},
		Primary:   from, Primaries: views, Held: held, Memory: c.memory(), Since: w.since, Still: w.still, Now: now,
	}
	p.Agree, p.Differ = c.consult(ctx, from, f, held != nil)
	r := c.config.Gate.Judge(c.zone, p)
	r.Findings = append(r.Findings, c.allowed...)
	if len(c.allowed) > 0 {
		r.Verdict = max(r.Verdict, guard.Strictest(c.allowed))
	}
	return r
}

// gates says whether there is a gate, and makes the place for what is remembered for it.
func (c *cycle) gates() bool {
	if c.config.Gate == nil {
		c.zone.gated.Store(nil)
		return false
	}
	if c.zone.gated.Load() == nil {
		c.zone.gated.Store(new(gated))
	}
	return true
}

func (c *cycle) memory() *any { return &c.zone.gated.Load().memory }

// hold keeps something back. It goes on to wait, if it did, or something that it comes after.
func (c *cycle) hold(h *Held) {
	g := c.zone.gated.Load()
	if v := h.Fetched.Version; v != nil {
		var w holding
		w, c.outcome.Known = c.zone.waits(v, c.ruled)
		h.Since, h.Still = w.since, w.still
	} else {
		_, c.outcome.Known = c.zone.heldSince(zone.SetHash{}, c.ruled)
		h.Since, h.Still = g.behind, g.behind
	}
	h = h.ruled(h.Ruling)
	g.held.Store(h)
	c.outcome.Result, c.outcome.Primary, c.outcome.Held, c.outcome.Ruling = Kept, h.From, h, h.Ruling
}

// reconsider has the gate judge again what is held, and publishes it if it may be. It is for when no primary can be asked
// whether it still has that. What does not follow the version that is served any more is let go.
func (c *cycle) reconsider(ctx context.Context) {
	h := c.recalled()
	if h == nil || h.Fetched.Version == nil {
		return
	}
	d := h.Fetched.Delta
	if c.config.Gate == nil || c.have != nil && (d == nil || d.From.Hash != c.have.SetHash()) {
		c.zone.letGo()
		return
	}
	ruling := c.rule(ctx, h.From, h.Fetched, h)
	if ruling.Verdict <= guard.Warn {
		c.outcome.Ruling, c.outcome.Known = ruling, true
		c.serve(h.From, h.Fetched)
		return
	}
	c.zone.gated.Load().held.Store(h.ruled(ruling))
}

// recalled is what is held, also before a restart.
func (c *cycle) recalled() *Held {
	g := c.zone.gated.Load()
	if g == nil || c.config.Gate == nil || c.have == nil {
		return c.zone.Held()
	}
	if h := g.held.Load(); h != nil || g.before.since.IsZero() || g.before.hash == (zone.SetHash{}) {
		return h
	}
	h := c.config.Gate.Recall(c.zone, c.have, g.before.hash)
	if h == nil || h.hash() != g.before.hash {
		return nil
	}
	h.Since, h.Still = g.before.since, g.before.still
	return h
}

// reasons are the findings in one line.
func reasons(list []guard.Finding) string {
	text := make([]string, len(list))
	for i, f := range list {
		text[i] = f.Reason
	}
	return strings.Join(text, "; ")
}
