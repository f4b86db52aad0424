package zone

import (
	"errors"

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
	c := condenser{index: make(map[string]int)}
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
	index   map[string]int // by owner name in lower case and all else as it is
	touched []touched
	key     []byte
}

type touched struct {
	rr      RR
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
	c.key = RR{rr.Owner, rr.Type, rr.TTL, rr.Data}.AppendWire(c.key[:0])
	lower := owner.Name(c.key[:len(rr.Owner)])
	owner.AppendLower(c.key[:0], lower)
	at, known := c.index[string(c.key)]
	if !known {
		at = len(c.touched)
		c.index[string(c.key)] = at
		c.touched = append(c.touched, touched{was: !added})
	}
	c.touched[at].rr, c.touched[at].is = rr, added
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
