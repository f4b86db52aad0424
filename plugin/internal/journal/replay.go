package journal

import (
	"fmt"
	"slices"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A past is what a snapshot and its journal lead to.
type past struct {
	history // its steps are those that could be used
	version *zone.Version
	deltas  []*zone.Delta
	lease   lease
	broken  bool // a frame is whole and could not be used
}

// replay applies the steps of a history as far as they continue the snapshot. Their deltas are verified by serial
// and set hash, all at once, or one by one when that fails.
func replay(snap *snapshot, h history) *past {
	p := &past{history: h, version: snap.version, lease: snap.header.lease}
	first := h.retained
	p.deltas = deltas(h.steps[:first])
	if !leadTo(p.deltas, snap.version) {
		p.deltas = nil
		p.breakOff(p.end, fmt.Errorf("%w: the first deltas do not lead to the snapshot", ErrDamaged))
	}
	since := deltas(h.steps[first:])
	if v, err := apply(snap.version, since...); err == nil {
		p.version, p.deltas = v, append(p.deltas, since...)
	} else {
		p.oneByOne(first)
	}
	// The deltas since are kept besides those that the last lease kept.
	for _, s := range p.steps[first:] {
		if s.kind == kindLease {
			p.lease = s.lease
		} else {
			p.lease.kept++
		}
	}
	return p
}

// oneByOne replays the steps from first on, and leaves those that cannot be used.
func (p *past) oneByOne(first int) {
	for i := first; i < len(p.steps); i++ {
		d := p.steps[i].delta
		if d == nil {
			continue
		}
		next, err := apply(p.version, d)
		if err != nil {
			p.breakOff(p.steps[i].at, err)
			p.steps = p.steps[:i]
			return
		}
		p.version, p.deltas = next, append(p.deltas, d)
	}
}

func (p *past) breakOff(at int64, why error) { p.end, p.loss, p.broken = at, why, true }

func (p *past) state() State {
	st := State{
		Refreshed: p.lease.refreshed, Expire: p.lease.expire,
		Source: p.lease.source, Pin: p.lease.pin, Tag: p.lease.tag,
		HeldSince: p.lease.held.since, HeldStill: p.lease.held.still, HeldHash: p.lease.held.hash,
	}
	st.Version = p.version
	if kept := min(p.lease.kept, len(p.deltas)); kept > 0 {
		st.Deltas = slices.Clone(p.deltas[len(p.deltas)-kept:]) // the others need not stay in memory
	}
	return st
}

// extent is what the next Save needs to know of the files.
func (p *past) extent(snap *snapshot) extent {
	e := extent{
		known: !p.broken, generation: snap.header.generation,
		end: endOf(p.version), deltas: len(p.deltas), lease: p.lease.sum(),
		snapshot: snap.size, journal: p.end,
	}
	if p.loss != nil {
		e.lease = 0 // the next Save writes one, and what is torn goes
	}
	if first := p.retained; first < len(p.steps) {
		e.since = p.end - p.steps[first].at
	}
	for i := len(p.steps) - 1; i >= 0 && p.steps[i].kind == kindLease; i-- {
		e.leases = p.end - p.steps[i].at
	}
	return e
}

// leadTo says whether the deltas continue each other and end in v.
func leadTo(list []*zone.Delta, v *zone.Version) bool {
	at := endOf(v)
	for i := len(list) - 1; i >= 0; i-- {
		if !same(list[i].To, at) {
			return false
		}
		at = list[i].From
	}
	return true
}

// endOf is what a delta to v says of it.
func endOf(v *zone.Version) zone.SerialSOA {
	return zone.SerialSOA{Serial: v.Serial(), Hash: v.SetHash()}
}

func same(a, b zone.SerialSOA) bool { return a.Serial == b.Serial && a.Hash == b.Hash }

// apply makes the version that the deltas lead to from base, or says that they lead elsewhere.
func apply(base *zone.Version, list ...*zone.Delta) (*zone.Version, error) {
	if len(list) == 0 {
		return base, nil
	}
	at := endOf(base)
	txn := zone.Begin(base)
	for _, d := range list {
		if !same(d.From, at) {
			return nil, fmt.Errorf("%w: the delta from serial %s does not continue serial %s", ErrDamaged, d.From.Serial, at.Serial)
		}
		if err := change(txn, d); err != nil {
			return nil, fmt.Errorf("%w: the delta to serial %s: %w", ErrDamaged, d.To.Serial, err)
		}
		at = d.To
	}
	v, _, err := txn.Commit()
	if err != nil {
		return nil, fmt.Errorf("%w: the delta to serial %s: %w", ErrDamaged, at.Serial, err)
	}
	if !same(endOf(v), at) {
		return nil, fmt.Errorf("%w: the delta to serial %s leads elsewhere", ErrDamaged, at.Serial)
	}
	return v, nil
}

func change(txn *zone.Txn, d *zone.Delta) error {
	for _, wire := range [][]byte{d.From.Record, d.Deleted} {
		for rr, err := range zone.Records(wire) {
			if err != nil {
				return err
			}
			if err := txn.Delete(rr); err != nil {
				return err
			}
		}
	}
	for _, wire := range [][]byte{d.Added, d.To.Record} {
		for rr, err := range zone.Records(wire) {
			if err != nil {
				return err
			}
			if err := txn.Add(rr); err != nil {
				return err
			}
		}
	}
	return nil
}
