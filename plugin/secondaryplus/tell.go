package secondaryplus

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/notify"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// tellings are the NOTIFYs of a member to its secondaries.
type tellings struct {
	zone    *notify.Zone
	targets []notify.Target // guarded by engine.mu
	counts  [notify.Results]atomic.Uint64

	mu         sync.Mutex
	complaints map[netip.AddrPort]*repeats // of the targets that did not acknowledge the last one
}

func (m *member) initTellings(apex owner.Name, targets []notify.Target) {
	m.tellings.zone = notify.NewZone(apex, m.observeTelling)
	m.tellings.targets = targets
	m.tellings.complaints = make(map[netip.AddrPort]*repeats)
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

// renotify tells the member's secondaries of the version that is served, because the operator wants it. It
// says false when there is none that may be transferred.
func (e *engine) renotify(m *member) bool {
	v := m.zone.Current()
	if v == nil || m.zone.Expired() {
		return false
	}
	e.tell(m, v)
	return true
}

// retarget takes over whom to tell; e.mu is held. Those who are not to be told any more are not.
func (e *engine) retarget(m *member, targets []notify.Target) {
	m.tellings.targets = targets
	e.sender.Keep(m.tellings.zone, targets)
	m.tellings.mu.Lock()
	defer m.tellings.mu.Unlock()
	for addr := range m.tellings.complaints {
		if targetAt(targets, addr) < 0 {
			delete(m.tellings.complaints, addr)
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
	if o.Result == notify.Acknowledged {
		m.tellings.acknowledged(o.Target)
		log.Debugf("%s: %s knows of serial %s", name, o.Target, o.Serial)
		return
	}
	write(m.tellings.complaintsOf(o.Target), log.Warningf, "%s: NOTIFY of serial %s to %s: %s", name, o.Serial, o.Target, whatBecame(o))
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

func (t *tellings) acknowledged(addr netip.AddrPort) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.complaints, addr)
}

func (t *tellings) complaintsOf(addr netip.AddrPort) *repeats {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.complaints[addr]
	if r == nil {
		r = new(repeats)
		t.complaints[addr] = r
	}
	return r
}
