package secondaryplus

import (
	"sync"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/journal"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A keeper brings the zones of one state directory to disk, in goroutines of its own: serving and refreshing
// never wait for it. A zone that changes while it is being saved is saved again; what happened in between is
// saved together. When the disk fails, the zones go on from memory and are tried again, ever more seldom.
type keeper struct {
	dir     string
	store   store
	label   labeller
	users   int // instances that are attached; guarded by engine.mu
	done    sync.WaitGroup
	trouble repeats

	mu      sync.Mutex
	settled *sync.Cond // a zone has been saved, or has left
	queue   []*member
	savers  int                 // that run
	most    int                 // savers
	states  map[*member]keeping // those that are not at rest
	streak  int                 // saves in a row that failed
	retry   *time.Timer         // puts those that failed back into the queue; nil: none failed
	closing bool
}

// A store is a state directory; a *journal.Store is one.
type store interface {
	Load(journal.ID) (journal.State, journal.Recovery, error)
	Save(journal.ID, journal.State) error
	Reserve(journal.ID)
	Remove(journal.ID) error
	Hurry() (done func())
	Close() error
}

// A labeller says under which name a version of a zone is saved, and with which tag; not ok: it is not saved.
type labeller func(*member, *zone.Version) (id journal.ID, tag string, ok bool)

// mostSavers are how many zones are saved at a time. Most of the time they wait for the disk, which brings a hundred
// small files there in the time of a few. Of large ones the store writes few at a time.
const mostSavers = 128

// keeping is where a member stands with its keeper.
type keeping uint8

const (
	atRest keeping = iota
	queued
	saving
	savingOutdated // and to be saved again
	savingLeft     // and to be forgotten
	failed
)

func openKeeper(dir string, label labeller) (*keeper, error) {
	s, err := journal.Open(dir)
	if err != nil {
		return nil, err
	}
	return newKeeper(dir, s, label), nil
}

func newKeeper(dir string, s store, label labeller) *keeper {
	k := &keeper{dir: dir, store: s, label: label, states: make(map[*member]keeping), most: mostSavers}
	k.settled = sync.NewCond(&k.mu)
	return k
}

// save has a zone saved soon. It does not wait. A keeper that ends saves nothing new.
func (k *keeper) save(m *member) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.closing {
		k.note(m)
	}
}

func (k *keeper) note(m *member) {
	switch k.states[m] {
	case atRest:
		k.enqueue(m)
	case saving, savingLeft:
		k.states[m] = savingOutdated
	}
}

func (k *keeper) enqueue(m *member) {
	k.states[m] = queued
	k.queue = append(k.queue, m)
	if k.savers < k.most {
		k.savers++
		k.done.Go(k.run)
	}
}

// run saves zones until there is nothing in the queue.
func (k *keeper) run() {
	for m := k.next(); m != nil; m = k.next() {
		saved, err := k.write(m)
		k.wrote(m, saved, err)
	}
}

// next is a zone to save; nil: there is none, and the saver ends.
func (k *keeper) next() *member {
	k.mu.Lock()
	defer k.mu.Unlock()
	for len(k.queue) > 0 {
		m := k.queue[0]
		k.queue[0] = nil
		k.queue = k.queue[1:]
		if k.states[m] == queued { // else it has left
			k.states[m] = saving
			return m
		}
	}
	k.queue = nil
	k.savers--
	return nil
}

// write saves a zone, and returns what of it is on disk then, with savedMark; 0: nothing was to be saved.
func (k *keeper) write(m *member) (saved uint64, err error) {
	state := m.zone.State()
	if state.Version == nil {
		return 0, nil
	}
	id, tag, ok := k.label(m, state.Version)
	if !ok {
		return 0, nil
	}
	err = k.store.Save(id, journal.State{
		Published: state.Published,
		Refreshed: state.Lease.Refreshed, Expire: state.Lease.Expire,
		Source: state.Source, Pin: state.Pin, Tag: tag,
		HeldSince: state.HeldSince, HeldStill: state.HeldStill, HeldHash: state.HeldHash,
	})
	if err != nil {
		m.journalErrors.Add(1)
		write(&k.trouble, log.Errorf, "%s: serial %s could not be saved in %s: %v; it is served from memory, and tried again",
			m.zone.Name(), state.Version.Serial(), k.dir, err)
		return 0, err
	}
	return savedMark | uint64(state.Version.Serial()), nil
}

// savedMark tells serial 0 from none.
const savedMark = 1 << 32

const longestRetry = time.Minute

// wrote notes how a save ended, and wakes those that wait for it.
func (k *keeper) wrote(m *member, saved uint64, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	outdated, left := k.states[m] == savingOutdated, k.states[m] == savingLeft
	delete(k.states, m)
	if saved != 0 && !left {
		m.savedSerial.Store(saved)
	}
	switch {
	case left:
	case saved != 0 && k.streak > 0:
		k.streak = 0
		k.trouble.reset()
		k.again()
		log.Infof("zones can be saved in %s again", k.dir)
	case err != nil && !k.closing:
		k.streak++
		k.states[m] = failed
		if k.retry == nil {
			k.retry = time.AfterFunc(min(time.Second<<min(k.streak-1, 6), longestRetry), k.retryNow)
		}
		outdated = false // it will be, when it is tried again
	}
	if outdated {
		k.enqueue(m)
	}
	k.settled.Broadcast()
}

func (k *keeper) retryNow() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.again()
}

// again puts those that failed back into the queue.
func (k *keeper) again() {
	if k.retry == nil {
		return
	}
	k.retry.Stop()
	k.retry = nil
	for m, state := range k.states {
		if state == failed {
			k.enqueue(m)
		}
	}
}
