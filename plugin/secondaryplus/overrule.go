package secondaryplus

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/status"
)

var errNotGuarded = fmt.Errorf("%w: the zone is not guarded", status.ErrState)

// overruler is the gate of a zone.
func (m *member) overruler() (refresh.Overruler, error) {
	if gate, ok := m.zone.Config().Gate.(refresh.Overruler); ok {
		return gate, nil
	}
	return nil, errNotGuarded
}

// approved lets the version through that is held, if it has the serial and the digest.
func approved(ctx context.Context, e statusSource, m *member, o status.Order, done *status.Done) error {
	gate, err := m.overruler()
	if err != nil {
		return err
	}
	s, err := serialOf(o)
	if err != nil {
		return err
	}
	if err := gate.Approve(m.zone, s, o.Digest); err != nil {
		return overruled(err)
	}
	return refreshed(refresh.Requested)(ctx, e, m, o, done)
}

// putBack publishes a version that was served before. It is always waited for: no primary is asked.
func putBack(ctx context.Context, _ statusSource, m *member, o status.Order, done *status.Done) error {
	gate, err := m.overruler()
	if err != nil {
		return err
	}
	s, err := serialOf(o)
	if err != nil {
		return err
	}
	v, err := gate.PutBack(m.zone, s)
	if err != nil {
		return overruled(err)
	}
	outcome, err := m.scheduler.PutBack(ctx, m.zone, v)
	switch {
	case errors.Is(err, refresh.ErrEnded):
		return status.ErrEnded
	case err != nil:
		return err
	}
	m.conclude(done, outcome)
	done.Complete = true
	return nil
}

// resumed ends what putBack began: what the primaries have is published again.
func resumed(ctx context.Context, e statusSource, m *member, o status.Order, done *status.Done) error {
	gate, err := m.overruler()
	if err != nil {
		return err
	}
	if err := gate.Resume(m.zone); err != nil {
		return overruled(err)
	}
	return refreshed(refresh.Requested)(ctx, e, m, o, done)
}

func serialOf(o status.Order) (serial.Serial, error) {
	n, err := strconv.ParseUint(o.Serial, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%w: a serial is needed, as in ?serial=2026112701", status.ErrOrder)
	}
	return serial.Serial(n), nil
}

// overruled is how an error of a gate is told.
func overruled(err error) error {
	if errors.Is(err, refresh.ErrOverrule) {
		return fmt.Errorf("%w: %w", status.ErrState, err)
	}
	return err
}
