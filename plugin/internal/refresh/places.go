package refresh

import "context"

// places bound the refreshes that ask primaries for their SOA at a time. A transfer takes none: it may
// last for an hour, and so may the wait for its slot.
type places struct {
	taken chan struct{}
	freed func() // called after a place was given back
}

func newPlaces(n int, freed func()) *places { return &places{make(chan struct{}, n), freed} }

// try takes a place if one is free.
func (p *places) try() bool {
	select {
	case p.taken <- struct{}{}:
		return true
	default:
		return false
	}
}

// enter waits for a place. Those who wait are served in order of arrival, and before any try.
func (p *places) enter(ctx context.Context) error {
	select {
	case p.taken <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leave gives a place back.
func (p *places) leave() {
	<-p.taken
	p.freed()
}
