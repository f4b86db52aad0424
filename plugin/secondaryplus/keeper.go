package secondaryplus

import (
	"sync"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/journal"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A keeper brings the zones of one state directory to disk, in a goroutine of its own: serving and refreshing
// never wait for it. A zone that changes while it is being saved is saved again; what happened in between is
// saved together. When the disk fails, the zones go on from memory and are tried again, ever more seldom.
type keeper struct {
	dir     string
	store   *journal.Store
	label   func(*member, *zone.Version) (journal.ID, string)
	users   int // instances that are attached; guarded by engine.mu
	done    sync.WaitGroup
	trouble repeats

	mu      sync.Mutex
	changed *sync.Cond
	queue   []*member
	states  map[*member]keeping // those that are not at rest
	streak  int                 // saves in a row that failed
	retry   *time.Timer         // puts those that failed back into the queue; nil: none failed
	closing bool
}

// keeping is where a member stands with its keeper.
type keeping uint8

const (
	atRest keeping = iota
	queued
	saving
	savingOutdated // and to be saved again
	failed
)

func openKeeper(dir string, label func(*member, *zone.Version) (journal.ID, string)) (*keeper, error) {
	store, err := journal.Open(dir)
	if err != nil {
		return nil, err
	}
	k := &keeper{dir: dir, store: store, label: label, states: make(map[*member]keeping)}
	k.changed = sync.NewCond(&k.mu)
	k.done.Go(k.run)
	return k, nil
}

// save has a zone saved soon. It does not wait.
func (k *keeper) save(m *member) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch k.states[m] {
	case atRest:
		k.enqueue(m)
	case saving:
		k.states[m] = savingOutdated
	}
}

func (k *keeper) enqueue(m *member) {
	k.states[m] = queued
	k.queue = append(k.queue, m)
	k.changed.Broadcast()
}

func (k *keeper) run() {
	for m := k.next(); m != nil; m = k.next() {
		err := k.write(m)
		k.wrote(m, err)
	}
}

// next waits for a zone to save; nil means that the keeper is to end.
func (k *keeper) next() *member {
	k.mu.Lock()
	defer k.mu.Unlock()
	for len(k.queue) == 0 {
		if k.closing {
			return nil
		}
		k.changed.Wait()
	}
	m := k.queue[0]
	k.queue[0] = nil
	k.queue = k.queue[1:]
	k.states[m] = saving
	return m
}

func (k *keeper) write(m *member) error {
	state := m.zone.State()
	if state.Version == nil {
		return nil
	}
	id, tag := k.label(m, state.Version)
	err := k.store.Save(id, journal.State{
		Published: state.Published,
		Refreshed: state.Lease.Refreshed, Expire: state.Lease.Expire,
		Source: state.Source, Pin: state.Pin, Tag: tag,
	})
	if err != nil {
		m.journalErrors.Add(1)
		write(&k.trouble, log.Errorf, "%s: serial %s could not be saved in %s: %v; it is served from memory, and tried again",
			m.zone.Name(), state.Version.Serial(), k.dir, err)
		return err
	}
	m.savedSerial.Store(savedMark | uint64(state.Version.Serial()))
	return nil
}

// savedMark tells serial 0 from none.
const savedMark = 1 << 32

const longestRetry = time.Minute

// wrote notes how a save ended, and wakes those that wait for it.
func (k *keeper) wrote(m *member, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	outdated := k.states[m] == savingOutdated
	delete(k.states, m)
	switch {
	case err == nil && k.streak > 0:
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
	k.changed.Broadcast()
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

// flush waits until a zone that ended is saved, or has failed to be, and forgets it.
func (k *keeper) flush(m *member) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for k.states[m] != atRest && k.states[m] != failed {
		k.changed.Wait()
	}
	delete(k.states, m)
}

// close saves what is left, tries once more what failed, and ends the keeper.
func (k *keeper) close() {
	k.mu.Lock()
	k.again()
	k.closing = true
	k.changed.Broadcast()
	k.mu.Unlock()
	k.done.Wait()
	if err := k.store.Close(); err != nil {
		log.Warningf("%s: %v", k.dir, err)
	}
}
