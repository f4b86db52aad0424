package events

import "errors"

// Why alerts are dropped.
var (
	ErrQueue   = errors.New("more transitions than the queue can hold: the oldest are dropped")
	ErrTooMany = errors.New("more alerts fire than can be remembered: new ones are dropped")
	ErrLate    = errors.New("what was resolved could not be sent before it ended by itself")
	ErrEnded   = errors.New("the sink was removed, or the server stopped")
)

// losses are what was dropped and not told yet.
type losses map[error]int

func (l *losses) lose(reason error) {
	if *l == nil {
		*l = make(losses)
	}
	(*l)[reason]++
}

// takeLosses are those since the last time.
func (l *losses) takeLosses() losses {
	taken := *l
	*l = nil
	return taken
}
