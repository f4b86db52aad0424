package status

import (
	"context"
	"errors"
)

// Source is what a Server tells of. Its methods may be called at any time, and together.
type Source interface {
	Summary() Summary
	// IDs are all zones, in order of name, server and view.
	IDs() []ID
	// Named are the zones of a name in lower-case presentation form, in the same order.
	Named(name string) []ID
	// Zone describes a zone; false: there is none.
	Zone(ID) (Zone, bool)
	// Do begins what is ordered, and with Order.Wait ends with it, or with ctx.
	Do(ctx context.Context, o Order) (Done, error)
	// RefreshAll has all zones refreshed, and says how many there are.
	RefreshAll() int
}

// Order is to do something with one zone.
type Order struct {
	ID
	Action string
	Wait   bool   // for the outcome
	Serial string // that it is about
	Digest string // likewise
	From   string // the address of whoever gave it
}

// What a Source may answer to an Order. Any other error is one of the process.
var (
	ErrNoZone   = errors.New("there is no such zone")
	ErrNoAction = errors.New("there is no such action")
	ErrEnded    = errors.New("the zone is being taken away, or the server stops")
	// ErrState is part of an error that says why a zone, as it is, cannot be treated so.
	ErrState = errors.New("that cannot be done")
	// ErrOrder is part of an error that says what is wrong with an order.
	ErrOrder = errors.New("not understood")
	// ErrNoWait says that the outcome of an action comes to no end that could be waited for.
	ErrNoWait = errors.New("the outcome of this cannot be waited for")
)
