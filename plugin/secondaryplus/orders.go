package secondaryplus

import (
	"context"
	"errors"
	"fmt"

	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/status"
)

// The orders that can be given for a zone. Each fills in what came of it.
var orders = map[string]func(context.Context, statusSource, *member, status.Order, *status.Done) error{
	"refresh":    refreshed(refresh.Requested),
	"retransfer": refreshed(refresh.Forced),
	"notify":     notified,
	"release":    released,
	"approve":    approved,
	"rollback":   putBack,
	"resume":     resumed,
}

// Do implements status.Source.
func (e statusSource) Do(ctx context.Context, o status.Order) (status.Done, error) {
	done := status.Done{ID: o.ID, Action: o.Action}
	order, ok := orders[o.Action]
	if !ok {
		return done, status.ErrNoAction
	}
	m := e.member(o.ID)
	if m == nil {
		return done, status.ErrNoZone
	}
	log.Infof("%s: %s ordered from %s", o.Zone, o.Action, o.From)
	return done, order(ctx, e, m, o, &done)
}

// refreshed has a zone refreshed.
func refreshed(why refresh.Reason) func(context.Context, statusSource, *member, status.Order, *status.Done) error {
	return func(ctx context.Context, _ statusSource, m *member, o status.Order, done *status.Done) error {
		if !o.Wait {
			m.scheduler.Order(m.zone, why)
			return nil
		}
		outcome, err := m.scheduler.Await(ctx, m.zone, why)
		switch {
		case errors.Is(err, refresh.ErrEnded):
			return status.ErrEnded
		case err != nil:
			return err
		}
		m.conclude(done, outcome)
		return nil
	}
}

// conclude tells how an ordered refresh ended.
func (m *member) conclude(done *status.Done, o refresh.Outcome) {
	done.Result, done.Failed = o.Result.String(), o.Result == refresh.Failed
	if o.Had || o.Result == refresh.Updated {
		done.Serial = number(o.New)
	}
	if o.Primary.IsValid() {
		done.Primary = o.Primary.String()
	}
	done.Reason = m.reason(o)
}

// notified has the secondaries of a zone told of its version. What each of them answers is told by the zone's
// document, later.
func notified(_ context.Context, e statusSource, m *member, o status.Order, done *status.Done) error {
	if o.Wait {
		return status.ErrNoWait
	}
	s, err := e.renotify(m)
	if err == nil {
		done.Serial = number(s)
	}
	return err
}

// Why nothing of a catalog is released.
var (
	errNoCatalog = fmt.Errorf("%w: the zone is no catalog zone", status.ErrState)
	errNoneHeld  = fmt.Errorf("%w: no members of the catalog are held", status.ErrState)
	errNoVersion = fmt.Errorf("%w: the catalog zone has expired, or its version is broken", status.ErrState)
)

// released consents to the loss of the members of a catalog that are held. It ends when they are gone.
func released(_ context.Context, e statusSource, m *member, _ status.Order, done *status.Done) error {
	e.mu.Lock()
	l := m.listing
	held := 0
	if l != nil {
		held = l.members.Held()
	}
	e.mu.Unlock()
	switch {
	case l == nil:
		return errNoCatalog
	case held == 0:
		return errNoneHeld
	}
	if done.Released = e.releaseCatalog(m); done.Released == 0 {
		return errNoVersion
	}
	done.Complete = true
	return nil
}
