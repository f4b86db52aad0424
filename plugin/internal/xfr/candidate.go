package xfr

import (
	"errors"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A candidate is the zone that the events of a reply make.
type candidate struct {
	apex    owner.Name
	have    *zone.Version
	force   bool
	asked   uint16 // dns.TypeAXFR or dns.TypeIXFR
	txn     *zone.Txn
	how     How
	current bool
}

// errCurrent ends the reading of an AXFR of the version that we have.
var errCurrent = errors.New("current")

// apply does what an event says.
func (c *candidate) apply(e Event) error {
	switch e.Kind {
	case Add:
		return c.add(e.RR)
	case Delete:
		return c.remove(e.RR)
	case Replace:
		return c.replace(e)
	case BeginDelete:
		if c.txn == nil {
			c.how, c.txn = ByIXFR, zone.Begin(c.have)
		}
		return c.remove(e.RR)
	case BeginAdd:
		return c.add(e.RR)
	case Current:
		c.current = true
	case Older:
		return older(e.Serial, c.have.Serial())
	case AskAXFR:
		return ErrAskAXFR
	}
	return nil
}

func (c *candidate) replace(e Event) error {
	if c.have != nil && !c.force {
		// RFC 1982 §3.2: what is not newer does not replace what we have, whoever asked for it.
		switch {
		case e.Serial == c.have.Serial():
			return errCurrent
		case !e.Serial.Newer(c.have.Serial()):
			return older(e.Serial, c.have.Serial())
		}
	}
	c.how = ByAXFR
	if c.asked == dns.TypeIXFR {
		c.how = ByWholeIXFR
	}
	c.txn = zone.Replace(c.apex, c.have)
	return c.add(e.RR)
}

func (c *candidate) add(rr zone.RR) error {
	if err := c.txn.Add(rr); err != nil {
		return malformed("%s %s: %v", rr.Owner, typeName(rr.Type), err)
	}
	return nil
}

func (c *candidate) remove(rr zone.RR) error {
	err := c.txn.Delete(rr)
	if err == nil {
		return nil
	}
	return doesNotApply("%s %s: %w", rr.Owner, typeName(rr.Type), err)
}

// drop says that nothing will come of it.
func (c *candidate) drop() {
	if c.txn != nil {
		c.txn.Close()
	}
}

// commit makes the Version. The zone must be one: a primary that lost its data and kept the SOA has none.
func (c *candidate) commit() (*zone.Version, *zone.Delta, error) {
	version, delta, err := c.txn.Commit()
	if err != nil {
		return nil, nil, malformed("%w", err)
	}
	// RFC 1034 §4.2.1: the apex has an SOA and name servers.
	if !version.ApexNode().Has(dns.TypeNS) {
		return nil, nil, malformed("the zone has no NS at its apex")
	}
	return version, delta, nil
}

func older(offered, have serial.Serial) error {
	if offered.Ambiguous(have) {
		return &wrapped{ErrOlder, errors.New("serial " + offered.String() + " is exactly 2^31 from our " + have.String())}
	}
	return &wrapped{ErrOlder, errors.New("serial " + offered.String() + ", ours is " + have.String())}
}
