package secondaryplus

import (
	"maps"
	"slices"
	"time"
)

// longestEnd is how long zones that end are waited for until they are saved. Who stops a process kills it after a while
// (90 seconds under systemd, 30 in Kubernetes). What is not begun by then is transferred anew by the next process.
const longestEnd = 10 * time.Second

// flush saves zones that ended, also those where that has failed before, all of them together; waits for them; and
// forgets them.
func (k *keeper) flush(list []*member) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closing {
		return
	}
	defer k.store.Hurry()()
	for _, m := range list {
		if k.states[m] == failed {
			k.states[m] = atRest
		}
		k.note(m)
	}
	late := time.AfterFunc(longestEnd, func() { k.giveUp(list) })
	defer late.Stop()
	for _, m := range list {
		for k.states[m] != atRest && k.states[m] != failed {
			k.settled.Wait()
		}
		delete(k.states, m)
	}
}

// giveUp leaves those zones in the queue. What is being saved is not left: nobody else may have its files meanwhile.
func (k *keeper) giveUp(list []*member) {
	k.mu.Lock()
	defer k.mu.Unlock()
	left := 0
	for _, m := range list {
		switch k.states[m] {
		case queued:
			delete(k.states, m)
			left++
		case savingOutdated:
			k.states[m] = saving
			left++
		}
	}
	if left > 0 {
		log.Warningf("%d zones could not be saved in %s within %s; they are transferred anew after a restart", left, k.dir, longestEnd)
	}
	k.settled.Broadcast()
}

// leave forgets a zone that is kept elsewhere from now on, or not any more. It does not wait.
func (k *keeper) leave(m *member) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch k.states[m] {
	case saving, savingOutdated:
		k.states[m] = savingLeft
	default:
		delete(k.states, m)
	}
	k.settled.Broadcast()
}

// close saves what is left, tries once more what failed, and ends the keeper.
func (k *keeper) close() {
	defer k.store.Hurry()()
	k.mu.Lock()
	k.again()
	k.closing = true
	list := slices.Collect(maps.Keys(k.states))
	k.mu.Unlock()
	late := time.AfterFunc(longestEnd, func() { k.giveUp(list) })
	k.done.Wait()
	late.Stop()
	if err := k.store.Close(); err != nil {
		log.Warningf("%s: %v", k.dir, err)
	}
}
