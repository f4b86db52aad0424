package journal

import (
	"os"
	"sync"
)

// together makes files durable. A few are synced one by one, by those who wait for them. When more are waited for, as in
// a first save of very many zones, all that have come while others were synced are synced together, which takes less than
// half of the time.
type together struct {
	all func([]*os.File) error // makes all of them durable
	few int                    // that are synced one by one at a time

	mu      sync.Mutex
	ended   *sync.Cond
	single  int
	running bool
	next    *batch // the one that has not begun; nil: nobody waits for one
}

// A batch is files that are synced together.
type batch struct {
	files []*os.File
	done  bool
	err   error
}

// fewSyncs may run side by side. Each takes a thread.
const fewSyncs = 4

func newTogether(all func([]*os.File) error) *together {
	t := &together{all: all, few: fewSyncs}
	t.ended = sync.NewCond(&t.mu)
	return t
}

// sync returns when all that was written to f before is durable. A file that cannot be synced may fail others with it.
func (t *together) sync(f *os.File) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.single < t.few && !t.running && t.next == nil {
		return t.one(f)
	}
	if t.next == nil {
		t.next = new(batch)
	}
	b := t.next
	b.files = append(b.files, f)
	for !b.done {
		if t.running {
			t.ended.Wait()
			continue
		}
		t.run(b)
	}
	return b.err
}

// one syncs one file; t.mu is held, but not meanwhile.
func (t *together) one(f *os.File) error {
	t.single++
	t.mu.Unlock()
	err := f.Sync()
	t.mu.Lock()
	t.single--
	return err
}

// run syncs a batch; t.mu is held, but not meanwhile.
func (t *together) run(b *batch) {
	t.running, t.next = true, nil
	t.mu.Unlock()
	err := t.all(b.files)
	t.mu.Lock()
	t.running, b.done, b.err, b.files = false, true, err, nil
	t.ended.Broadcast()
}
