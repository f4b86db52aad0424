package refresh

import (
	"context"
	"errors"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// ErrEnded says that a refresh that was asked for will not take place, or was stopped: the zone was taken away,
// or the Scheduler closed.
var ErrEnded = errors.New("the zone is no longer kept up to date")

// Request asks for a refresh now. It returns at once.
func (s *Scheduler) Request(z *Zone) { s.Order(z, Requested) }

// Order asks for a refresh now, on behalf of the operator: Requested, or Forced, which takes the whole zone by
// AXFR, whatever its serial. It returns at once.
func (s *Scheduler) Order(z *Zone, why Reason) { s.order(z, request{reason: why}) }

func (s *Scheduler) order(z *Zone, r request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ask(z, r)
}

// Await asks as Order does, and waits for the outcome of the first refresh that
// begins after that. Its error is ErrEnded, or the cause of the context's end.
func (s *Scheduler) Await(ctx context.Context, z *Zone, why Reason) (Outcome, error) {
	return s.await(ctx, z, request{reason: why})
}

func (s *Scheduler) await(ctx context.Context, z *Zone, r request) (Outcome, error) {
	told := make(chan Outcome, 1)
	r.waiters = []chan Outcome{told}
	s.order(z, r)
	select {
	case o, ok := <-told:
		if !ok {
			return Outcome{}, ErrEnded
		}
		return o, nil
	case <-ctx.Done():
		return Outcome{}, context.Cause(ctx)
	case <-s.ctx.Done():
		return Outcome{}, ErrEnded
	}
}

// PutBack has a version published that was served before, whatever its serial, on behalf of the operator. It waits as
// Await does.
func (s *Scheduler) PutBack(ctx context.Context, z *Zone, v *zone.Version) (Outcome, error) {
	return s.await(ctx, z, request{reason: Requested, version: v})
}

// Busy says whether a refresh of the zone runs, and whether one waits for a place to run, or for the end of the
// one that runs.
func (s *Scheduler) Busy(z *Zone) (runs, queued bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &z.entry
	return e.state == running, e.state == ready || e.queued
}
