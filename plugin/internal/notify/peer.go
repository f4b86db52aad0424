package notify

import (
	"container/heap"
	"container/list"
	"net/netip"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/xfr"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A peer is one address with tasks, of whatever zones.
type peer struct {
	addr   netip.AddrPort
	tasks  int
	ready  list.List // of *task
	held   int       // of its messages, those that hold a slot
	silent bool      // a slot was held in vain, and no answer has come since

	queue *list.List    // where it waits for its turn; nil: it does not
	turn  *list.Element // in queue
}

// task is a version to be told to a target: the newest one.
type task struct {
	pursuit
	zone   *Zone
	peer   *peer
	target Target
	soa    zone.RR

	ready   *list.Element // in peer.ready; nil: it waits for an answer
	message *message      // the answer waited for
	due     time.Time     // until when
	index   int           // in the timeline, -1: not there
}

// message is a NOTIFY under way.
type message struct {
	handle
	task     *task
	verifier *xfr.Verifier
	slot     *list.Element // in Sender.held; nil: given back
	until    time.Time     // when the slot is given back at the latest
	silent   bool          // the slot is one of those for peers that are silent
}

// handle is what an answer is recognised by.
type handle struct {
	local netip.Addr
	to    netip.AddrPort
	id    uint16
}

// A timeline is a heap of tasks by due.
type timeline []*task

func (t timeline) Len() int           { return len(t) }
func (t timeline) Less(i, j int) bool { return t[i].due.Before(t[j].due) }
func (t timeline) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].index, t[j].index = i, j
}

// Push is for container/heap.
func (t *timeline) Push(x any) {
	x.(*task).index = len(*t)
	*t = append(*t, x.(*task))
}

// Pop is for container/heap.
func (t *timeline) Pop() any {
	old := *t
	x := old[len(old)-1]
	old[len(old)-1] = nil
	*t = old[:len(old)-1]
	x.index = -1
	return x
}

// place puts the task where its due moment is.
func (t *timeline) place(x *task, due time.Time) {
	x.due = due
	if x.index < 0 {
		heap.Push(t, x)
	} else {
		heap.Fix(t, x.index)
	}
}

func (t *timeline) remove(x *task) {
	if x.index >= 0 {
		heap.Remove(t, x.index)
	}
}
