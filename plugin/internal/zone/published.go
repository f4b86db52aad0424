package zone

import (
	"slices"
	"sync/atomic"
)

// Published is what readers of a Zone see at one moment.
type Published struct {
	Version *Version // nil: the zone was never loaded
	// Deltas lead to Version, the oldest first, each from where the one before it led. There may be none.
	Deltas []*Delta
}

// Zone is the cell that readers share: the Version served now, and how it came to be.
type Zone struct{ current atomic.Pointer[Published] }

// Current is the Version served now, or nil when none was ever loaded.
func (z *Zone) Current() *Version { return z.Published().Version }

// Published is the Version served now with the Deltas that lead to it. They must not be changed.
func (z *Zone) Published() Published {
	if p := z.current.Load(); p != nil {
		return *p
	}
	return Published{}
}

// Publish makes v the Version that is served. d is the Delta from the one before, or nil. The Deltas kept
// are those that room has room for, the latest ones; a Delta that does not continue them ends them all.
// There is one publisher a zone at a time: its refresh.
func (z *Zone) Publish(v *Version, d *Delta, room Room) {
	deltas := z.Published().Deltas
	if n := len(deltas); n > 0 && (d == nil || !d.continues(deltas[n-1])) {
		deltas = nil
	}
	if d != nil && d.leadsTo(v) {
		// Readers hold shorter slices of the same array, so that appending disturbs nobody. See latest.
		deltas = append(deltas, d)
	} else {
		deltas = nil
	}
	z.current.Store(&Published{v, room.latest(v, deltas)})
}

// Restore is Publish for what was saved: Deltas come along.
func (z *Zone) Restore(p Published) { z.current.Store(&p) }

// leadsTo says that the Delta is all of the way to v, and a step forward (RFC 1982 §3.2).
func (d *Delta) leadsTo(v *Version) bool {
	return !d.Partial && d.To.Hash == v.hash && d.To.Serial == v.Serial() && d.To.Serial.Newer(d.From.Serial)
}

func (d *Delta) continues(before *Delta) bool {
	return d.From.Hash == before.To.Hash && d.From.Serial == before.To.Serial
}

// Octets is the room that the records of the Delta take.
func (d *Delta) Octets() int {
	return len(d.Deleted) + len(d.Added) + len(d.From.Record) + len(d.To.Record)
}

// Room bounds the Deltas that are kept of a zone. The zero Room is the default: a tenth of the zone, at least
// 1 MiB, and never more than the zone itself, for then the whole zone is shorter to transfer.
type Room struct {
	Off    bool
	Octets int // 0: the default
}

const leastRoom = 1 << 20

func (r Room) octets(v *Version) int {
	switch {
	case r.Off:
		return 0
	case r.Octets > 0:
		return r.Octets
	}
	return min(max(v.Octets()/10, leastRoom), v.Octets())
}

// latest are as many of the Deltas, counted from the last, as there is room for. When some are dropped, the others
// move to an array of their own: the old one would keep those that were dropped in memory.
func (r Room) latest(v *Version, deltas []*Delta) []*Delta {
	left := r.octets(v)
	at := len(deltas)
	for at > 0 && deltas[at-1].Octets() <= left {
		at--
		left -= deltas[at].Octets()
	}
	if at == len(deltas) {
		return nil
	}
	if at == 0 {
		return deltas
	}
	return slices.Clone(deltas[at:])
}
