package zone

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/maphash"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// Condense is the net change of Deltas that follow each other, the oldest first: one Delta from where the
// first begins to where the last leads. It is never longer than they are together, and takes memory in
// proportion to them. A record with another TTL is another record. There must be at least one Delta, and none
// of them Partial; they are not changed. Of a single Delta it is that Delta. The error says that a Delta is not
// well-formed: rdata.ErrMalformed.
func Condense(deltas []*Delta) (*Delta, error) {
	if len(deltas) == 1 {
		return deltas[0], nil
	}
	most := 0
	for _, d := range deltas {
		most += d.Deletions + d.Additions
	}
	c := condenser{index: make(map[uint64]int32, most), touched: make([]touched, 0, most)}
	for _, d := range deltas {
		if err := errors.Join(c.note(d.Deleted, false), c.note(d.Added, true)); err != nil {
			return nil, err
		}
	}
	return c.delta(deltas[0].From, deltas[len(deltas)-1].To), nil
}

// A condenser knows of each record that any of the Deltas touches whether it was there before them all, and
// whether it is there after.
type condenser struct {
	index   map[uint64]int32 // by the sum of a record: the last one touched that has it, counted from 1
	touched []touched
	lower   []byte
}

type touched struct {
	rr      RR
	before  int32 // the one before that has the same sum, counted from 1; 0: none
	was, is bool
}

func (c *condenser) note(list []byte, added bool) error {
	for rr, err := range Records(list) {
		if err != nil {
			return err
		}
		c.change(rr, added)
	}
	return nil
}

// change takes one record in. The RDATA of a Delta are those of the store octet by octet, so that they need no
// canonical form here; the spelling of an owner name may differ from one Delta to the next.
func (c *condenser) change(rr RR, added bool) {
	sum := c.sum(rr)
	last := c.index[sum]
	at := last
	for at > 0 && !c.touched[at-1].rr.same(rr) {
		at = c.touched[at-1].before
	}
	if at == 0 {
		c.touched = append(c.touched, touched{before: last, was: !added})
		at = int32(len(c.touched))
		c.index[sum] = at
	}
	t := &c.touched[at-1]
	t.rr, t.is = rr, added
}

// sum is equal for equal records. The seed is drawn at start, so that nobody can choose records whose sums are equal.
func (c *condenser) sum(rr RR) uint64 {
	c.lower = owner.AppendLower(c.lower[:0], rr.Owner)
	c.lower = binary.BigEndian.AppendUint16(c.lower, rr.Type)
	c.lower = binary.BigEndian.AppendUint32(c.lower, rr.TTL)
	c.lower = append(c.lower, rr.Data...)
	return maphash.Bytes(condenseSeed, c.lower)
}

var condenseSeed = maphash.MakeSeed()

func (rr RR) same(other RR) bool {
	return rr.Type == other.Type && rr.TTL == other.TTL && bytes.Equal(rr.Data, other.Data) && owner.Equal(rr.Owner, other.Owner)
}

func (c *condenser) delta(from, to SerialSOA) *Delta {
	net := &Delta{From: from, To: to}
	for _, t := range c.touched {
		switch {
		case t.was && !t.is:
			net.Deletions++
			net.Deleted = t.rr.AppendWire(net.Deleted)
		case t.is && !t.was:
			net.Additions++
			net.Added = t.rr.AppendWire(net.Added)
		}
	}
	return net
}
