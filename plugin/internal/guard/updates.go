package guard

import "github.com/miekg/dns"

// updatesCount is how many RRsets a change touches at the least before it is too large for any zone: in one of a few
// RRsets every edit is a large part of it.
const updatesCount = 10

// updates: so many of the RRsets go or change at once that the zone was rather made wrongly than edited. Those that come
// do no harm to anybody who asks for what there was; see growth.
func updates(p *Policy, c *Change) (Finding, bool) {
	if c.Old == nil {
		return Finding{}, false
	}
	d := c.Difference()
	n, verdict, limit := d.RRsetsTouched(), Warn, p.UpdateWarn
	if over(n, d.RRsets, p.UpdateHold) {
		verdict, limit = Hold, p.UpdateHold
	}
	if n < updatesCount || !over(n, d.RRsets, limit) {
		return Finding{}, false
	}
	return found(Updates, verdict, "touches %s of %d RRsets, limit %d %%: %d go, %d change, most of them %s",
		share(n, d.RRsets), d.RRsets, limit, d.Deleted, d.Changed, dns.Type(d.mostTouched()))
}

// mostTouched is the type of most RRsets that go or change.
func (d *Difference) mostTouched() (rrtype uint16) {
	most := 0
	for _, t := range d.Types {
		if n := t.Deleted + t.Changed; n > most {
			rrtype, most = t.Type, n
		}
	}
	return rrtype
}
