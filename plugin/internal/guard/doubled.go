package guard

import (
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/rdata"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// So many doubled names, and such a part of all names in the records that come or change, are no slip in one line.
const (
	doubledCount   = 3
	doubledPercent = 1
)

// doubledName: where the final dot of a name in a record is missing, the zone's own name was put behind it, which it
// has already: a.example. became a.example.example. That took .se down in 2009.
func doubledName(_ *Policy, c *Change) (Finding, bool) {
	d := c.Difference()
	if d.doubled == 0 {
		return Finding{}, false
	}
	verdict := Warn
	if d.doubled >= doubledCount && int64(d.doubled)*100 >= int64(d.targets)*doubledPercent {
		verdict = Hold
	}
	names := "names that end"
	if d.doubled == 1 {
		names = "name that ends"
	}
	return found(DoubledName, verdict, "has %d %s in %s, of %d in new or changed NS, CNAME, DNAME, MX, SRV and PTR",
		d.doubled, names, owner.Name(twiceOf(c.Old.Apex())), d.targets)
}

// targetsOf counts the names that the records of an RRset lead to which came or changed, and how many more of them are
// doubled than were before. One that is an owner name of the old version is meant as it is written.
func (d *differ) targetsOf(was, is zone.RRset) {
	switch is.Type {
	case dns.TypeNS, dns.TypeCNAME, dns.TypeDNAME, dns.TypeMX, dns.TypeSRV, dns.TypePTR:
	default:
		return
	}
	d.targets += is.Len()
	if n := d.doubledIn(is); n > 0 {
		d.doubled += max(0, n-d.doubledIn(was))
	}
}

func (d *differ) doubledIn(set zone.RRset) (n int) {
	for data := range set.Data() {
		target, ok := rdata.Target(data, set.Type)
		if !ok || !d.twice.endsWith(target) {
			continue
		}
		d.key, _ = owner.AppendKey(d.key[:0], target, d.old.Apex())
		if _, there := d.old.Get(d.key); !there {
			n++
		}
	}
	return n
}

// twice is the apex with itself behind it, which may be too long for a name; nil for the root.
type twice owner.Name

func twiceOf(apex owner.Name) twice {
	if len(apex) == len(owner.Root) {
		return nil
	}
	return append(twice(apex[:len(apex)-len(owner.Root)].Clone()), apex...)
}

func (t twice) endsWith(name owner.Name) bool {
	return t != nil && name.IsBelowOrEqual(owner.Name(t))
}
