package secondaryplus

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/notify"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/status"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// tellings are the NOTIFYs of a member to its secondaries.
type tellings struct {
	zone    *notify.Zone    // nil: nobody was told yet; guarded by engine.mu
	targets []notify.Target // guarded by engine.mu
}

// listener is what became of the last NOTIFY to a secondary.
type listener struct {
	last       status.Telling
	complaints repeats // since it acknowledged one
}

// tell has the member's secondaries told of a version: by us, and by the *transfer* plugin of its server
// block if there is one. It does not wait.
func (e *engine) tell(m *member, v *zone.Version) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.byZone[m.zone] != m {
		return // taken away meanwhile
	}
	if t := &m.tellings; len(t.targets) > 0 {
		if t.zone == nil {
			t.zone = notify.NewZone(m.zone.Apex(), m.observeTelling)
		}
		e.sender.Tell(t.zone, v.SOARecord(), t.targets)
	}
	for _, p := range m.holders {
		if p.downward != nil {
			p.downward.published(m.zone.Name())
		}
	}
}

// Why an operator's NOTIFYs are not sent.
var (
	errNothingToTell = fmt.Errorf("%w: the zone was never loaded, or has expired", status.ErrState)
	errNobodyToTell  = fmt.Errorf("%w: no secondaries of the zone are configured", status.ErrState)
)

// renotify tells the member's secondaries of the version that is served, because the operator wants it. It
// fails when there is none that may be transferred, or nobody to tell.
func (e *engine) renotify(m *member) (serial.Serial, error) {
	v := m.zone.Current()
	if v == nil || m.zone.Expired() {
		return 0, errNothingToTell
	}
	e.mu.Lock()
	somebody := len(m.tellings.targets) > 0
	for _, p := range m.holders {
		somebody = somebody || p.downward != nil
	}
	e.mu.Unlock()
	if !somebody {
		return 0, errNobodyToTell
	}
	e.tell(m, v)
	return v.Serial(), nil
}

// retarget takes over whom to tell; e.mu is held. Those who are not to be told any more are not.
func (e *engine) retarget(m *member, targets []notify.Target) {
	m.tellings.targets = targets
	if m.tellings.zone == nil {
		return
	}
	e.sender.Keep(m.tellings.zone, targets)
	rare := m.rare()
	rare.mu.Lock()
	defer rare.mu.Unlock()
	for addr := range rare.peers {
		if targetAt(targets, addr) < 0 {
			delete(rare.peers, addr)
		}
	}
}

// untold is how many secondaries have not answered yet, each counted for every zone.
func (e *engine) untold() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.sender == nil {
		return 0
	}
	return e.sender.Pending()
}

// untoldOf are the secondaries that have not answered for a zone; e.mu is held.
func (e *engine) untoldOf(m *member) []netip.AddrPort {
	if m.tellings.zone == nil {
		return nil
	}
	return e.sender.Untold(m.tellings.zone)
}

// observeTelling counts and logs what became of a NOTIFY. Of a secondary that does not acknowledge the log
// tells ever more seldom, until it does.
func (m *member) observeTelling(o notify.Outcome) {
	m.rare().told[o.Result].Add(1)
	name := m.zone.Name()
	last := status.Telling{Time: status.At(time.Now()), Serial: uint32(o.Serial), Result: o.Result.String()}
	if o.Result != notify.Acknowledged {
		last.Reason = whatBecame(o)
	}
	peer := m.rare().note(o.Target, last)
	if o.Result == notify.Acknowledged {
		peer.complaints.reset()
		log.Debugf("%s: %s knows of serial %s", name, o.Target, o.Serial)
		return
	}
	write(&peer.complaints, log.Warningf, "%s: NOTIFY of serial %s to %s: %s", name, o.Serial, o.Target, last.Reason)
}

func whatBecame(o notify.Outcome) string {
	switch o.Result {
	case notify.Refused, notify.NotImplemented:
		rcode, ok := dns.RcodeToString[int(o.Rcode)]
		if !ok {
			rcode = fmt.Sprintf("RCODE %d", o.Rcode)
		}
		return "answered " + rcode
	case notify.Unverified:
		return fmt.Sprintf("the answer does not verify: %v", o.Err)
	}
	text := fmt.Sprintf("no answer to %d messages", o.Sent)
	if o.Err != nil {
		text += ": " + o.Err.Error()
	}
	return text
}

func (r *rare) note(addr netip.AddrPort, last status.Telling) *listener {
	r.mu.Lock()
	defer r.mu.Unlock()
	peer := r.peers[addr]
	if peer == nil {
		if r.peers == nil {
			r.peers = make(map[netip.AddrPort]*listener)
		}
		peer = new(listener)
		r.peers[addr] = peer
	}
	peer.last = last
	return peer
}

// secondaries is what the status tells of the secondaries to tell; untold are those that have not answered.
func (r *rare) secondaries(targets []notify.Target, untold []netip.AddrPort) []status.Secondary {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]status.Secondary, len(targets))
	for i, target := range targets {
		list[i] = status.Secondary{Address: target.Addr.String(), Pending: slices.Contains(untold, target.Addr)}
		if target.Key != nil {
			list[i].Key = target.Key.Name.Canonical()
		}
		if peer := r.peers[target.Addr]; peer != nil {
			last := peer.last
			list[i].Last = &last
		}
	}
	return list
}
