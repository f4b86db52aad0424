package secondaryplus

import (
	"sync"
	"time"
)

// flood keeps a primary that fails, and has very many zones, from filling the log: of lines of one kind so many are written
// in each span of time, and how many more there were is told once for all of them.
type flood struct {
	mu      sync.Mutex
	begun   time.Time // the span
	written int       // in it
	left    int       // and not told of yet
}

const (
	floodSpan  = 10 * time.Second
	floodLines = 100
)

// admits says whether a line is to be written.
func (f *flood) admits(now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now.Sub(f.begun) >= floodSpan {
		f.begun, f.written = now, 0
	}
	if f.written >= floodLines {
		f.left++
		return false
	}
	f.written++
	return true
}

// rest is how many lines were left out, if the time has come to tell.
func (f *flood) rest(now time.Time) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now.Sub(f.begun) < floodSpan {
		return 0
	}
	n, f.left = f.left, 0
	return n
}

// pending says that there are lines to be told of.
func (f *flood) pending() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.left > 0
}

// through is a printer of those lines that are admitted.
func (f *flood) through(print printer) printer {
	return func(format string, args ...any) {
		if f.admits(time.Now()) {
			print(format, args...)
		}
	}
}
