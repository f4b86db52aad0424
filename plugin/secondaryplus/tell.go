package secondaryplus

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/notify"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/status"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// tellings are the NOTIFYs of a member to its secondaries.
type tellings struct {
	zone    *notify.Zone
	targets []notify.Target // guarded by engine.mu
	counts  [notify.Results]atomic.Uint64

	mu    sync.Mutex
	peers map[netip.AddrPort]*listener // what became of the last NOTIFY to each
}

// listener is what became of the last NOTIFY to a secondary.
type listener struct {
	last       status.Telling
	complaints repeats // since it acknowledged one
}

func (m *member) initTellings(apex owner.Name, targets []notify.Target) {
	m.tellings.zone = notify.NewZone(apex, m.observeTelling)
	m.tellings.targets = targets
	m.tellings.peers = make(map[netip.AddrPort]*listener)
}

// tell has the member's secondaries told of a version: by us, and by the *transfer* plugin of its server
// block if there is one. It does not wait.
func (e *engine) tell(m *member, v *zone.Version) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.byZone[m.zone] != m {
		return // taken away meanwhile
	}
	e.sender.Tell(m.tellings.zone, v.SOARecord(), m.tellings.targets)
	for p := range m.holders {
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
	for p := range m.holders {
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
	e.sender.Keep(m.tellings.zone, targets)
	m.tellings.mu.Lock()
	defer m.tellings.mu.Unlock()
	for addr := range m.tellings.peers {
		if targetAt(targets, addr) < 0 {
			delete(m.tellings.peers, addr)
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

// observeTelling counts and logs what became of a NOTIFY. Of a secondary that does not acknowledge the log
// tells ever more seldom, until it does.
func (m *member) observeTelling(o notify.Outcome) {
	m.tellings.counts[o.Result].Add(1)
	name := m.zone.Name()
	last := status.Telling{Time: status.At(time.Now()), Serial: uint32(o.Serial), Result: o.Result.String()}
	if o.Result != notify.Acknowledged {
		last.Reason = whatBecame(o)
	}
	peer := m.tellings.note(o.Target, last)
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

func (t *tellings) note(addr netip.AddrPort, last status.Telling) *listener {
	t.mu.Lock()
	defer t.mu.Unlock()
	peer := t.peers[addr]
	if peer == nil {
		peer = new(listener)
		t.peers[addr] = peer
	}
	peer.last = last
	return peer
}

// describe is what the status tells of the secondaries to tell; untold are those that have not answered.
func (t *tellings) describe(targets []notify.Target, untold []netip.AddrPort) []status.Secondary {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]status.Secondary, len(targets))
	for i, target := range targets {
		list[i] = status.Secondary{Address: target.Addr.String(), Pending: slices.Contains(untold, target.Addr)}
		if target.Key != nil {
			list[i].Key = target.Key.Name.Canonical()
		}
		if peer := t.peers[target.Addr]; peer != nil {
			last := peer.last
			list[i].Last = &last
		}
	}
	return list
}
