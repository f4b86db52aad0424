package secondaryplus

import (
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/understudy-dns/understudy/plugin/internal/notify"
)

// rare is what is counted and remembered of a member that most zones never have: it is made when it is first needed, for
// of a hundred thousand zones it would be most of the memory.
type rare struct {
	failedTransfers [kinds]atomic.Uint64
	unproved        atomic.Uint64 // SOA checks and transfers that failed because of a signature or key
	notifies        [notifyResults]atomic.Uint64
	outgoing        outgoingCounts

	unansweredQueries, staleAnswers, fallbackAnswers tally

	told  [notify.Results]atomic.Uint64 // NOTIFYs to secondaries
	mu    sync.Mutex
	peers map[netip.AddrPort]*listener // what became of the last NOTIFY to each

	failing    []netip.AddrPort // primaries of which the log has told that they fail; only tellPrimaries has it
	outcomes   repeats
	complaints repeats
}

// rarely is where a member has it.
type rarely struct{ made atomic.Pointer[rare] }

// rare is to be written to.
func (r *rarely) rare() *rare {
	if known := r.made.Load(); known != nil {
		return known
	}
	r.made.CompareAndSwap(nil, new(rare))
	return r.made.Load()
}

// noted is to be read.
func (r *rarely) noted() *rare {
	if known := r.made.Load(); known != nil {
		return known
	}
	return &nothing
}

// nothing ever happened. Nobody writes to it.
var nothing rare

// holders are the instances that serve a zone: one, and during a reload two.
type holders []*Plugin

func (h *holders) add(p *Plugin) {
	if !slices.Contains(*h, p) {
		*h = append(*h, p)
	}
}

func (h *holders) remove(p *Plugin) {
	*h = slices.DeleteFunc(*h, func(o *Plugin) bool { return o == p })
}
