package secondaryplus

import (
	"fmt"
	"strings"
	"sync"
)

// repeats keeps what happens again and again from filling the log: of a run of complaints the first,
// second, fourth, eighth… are written.
type repeats struct {
	mu    sync.Mutex
	count uint64
}

// next counts one more, and says whether it is to be written.
func (r *repeats) next() (count uint64, write bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count++
	return r.count, r.count&(r.count-1) == 0
}

// reset ends the run.
func (r *repeats) reset() {
	r.mu.Lock()
	r.count = 0
	r.mu.Unlock()
}

type printer func(format string, args ...any)

// repeat writes an outcome that is not good, unless it is one of many.
func (m *member) repeat(print printer, format string, args ...any) {
	write(&m.rare().outcomes, print, format, args...)
}

// steady ends a run of outcomes that are not good.
func (m *member) steady() {
	if rare := m.made.Load(); rare != nil {
		rare.outcomes.reset()
	}
}

// complain writes that a message was refused, unless it is one of many.
func (m *member) complain(format string, args ...any) {
	write(&m.rare().complaints, log.Warningf, format, args...)
}

func write(r *repeats, print printer, format string, args ...any) {
	count, ok := r.next()
	if !ok {
		return
	}
	line := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "; ")
	if count > 1 {
		line += fmt.Sprintf(" (%d times)", count)
	}
	print("%s", line)
}
