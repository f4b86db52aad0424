package refresh

import (
	"context"
	"slices"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/primary"
)

// forced says that the whole zone is wanted, whatever its serial.
func (c *cycle) forced() bool { return c.request.reason == Forced || c.adopting }

// whole is the round in which all is wanted: from the primary that it stays with, or else from the best one that gives it: the
// operator does not trust what we have, so that no serial says that there is nothing to do. All primaries are
// waited for, for the pinned one must not lose its turn to a quicker one.
func (c *cycle) whole(ctx context.Context) bool {
	c.probe(ctx, true)
	c.places.leave()
	if ctx.Err() != nil {
		return false
	}
	now := time.Now()
	c.remember()
	c.observe(c.zone.pin, now)
	candidates := c.adoptable(now)
	c.consider(candidates)
	return len(candidates) > 0
}

// pinnedFirst puts the primary that the zone stays with before the others.
func (c *cycle) pinnedFirst(list []primary.View) {
	at := slices.IndexFunc(list, func(v primary.View) bool { return v.Addr == c.zone.pin.Addr })
	if at > 0 {
		pinned := list[at]
		copy(list[1:at+1], list[:at])
		list[0] = pinned
	}
}
