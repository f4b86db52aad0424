package secondaryplus

import (
	"strings"
	"sync/atomic"
	"time"
	"unique"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/catalog"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/status"
	"github.com/understudy-dns/understudy/plugin/internal/timers"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// past is what of the outcomes is remembered for the status; the last one of all is the zone's Report.
type past struct {
	mishap   atomic.Pointer[status.Mishap]
	transfer atomic.Pointer[status.Transfer]
}

// remember keeps what is told of an outcome after the next one.
func (m *member) remember(o refresh.Outcome) {
	now := status.At(time.Now())
	if reason := m.reason(o); reason != "" {
		m.past.mishap.Store(&status.Mishap{Time: now, Result: o.Result.String(), Reason: reason})
	}
	if f := o.Fetched; o.Result == refresh.Updated && f.How != xfr.PutBack {
		m.past.transfer.Store(&status.Transfer{
			Time: now, Kind: kindNames[kindOf(f.How)], Primary: shared(o.Primary.String()), Serial: uint32(o.New),
			Messages: f.Messages, Records: f.Records, Octets: f.Octets, Seconds: f.Duration.Seconds(),
		})
	}
}

// shared is the one copy in memory of a text that very many zones keep.
func shared(text string) string { return unique.Make(text).Value() }

// describe is all that the status tells of the zone.
func (e *engine) describe(m *member, id status.ID) status.Zone {
	report, lease, published, now := m.zone.Report(), m.zone.Lease(), m.zone.Published(), m.source().state
	d := status.Zone{
		ID: id, State: now.String(), Primaries: primariesOf(m.zone.Config(), report),
		LastSuccess: status.At(lease.Refreshed), NextRefresh: status.At(lease.Due), Expires: status.At(lease.Expire),
		Failures: lease.Failures, LastError: m.past.mishap.Load(), Transfer: m.past.transfer.Load(),
		Deltas: deltasOf(published.Deltas), TransfersOut: m.noted().outgoing.totals(),
		Notifies: make(map[string]uint64, notifyResults),
	}
	d.Held, d.Warnings = heldOf(m.zone.Held(), published.Version), findingsOf(m.zone.Warnings())
	if gate, ok := m.zone.Config().Gate.(refresh.Overruler); ok {
		d.Kept = keptOf(gate.Earlier(m.zone))
	}
	if v := published.Version; v != nil {
		d.Serial, d.Records, d.Octets = number(v.Serial()), v.Records(), v.Octets()
		d.RRsets, d.Types = v.Counts().RRsets, typesOf(v)
		d.Timers = timersOf(m.zone.Config().Clamps, v)
	}
	if until := m.staleUntil(); now == stateStale && !m.endless(until) {
		d.StaleUntil = status.At(until)
	}
	if f := m.resort.Load().fallback; f != nil {
		d.FallbackSerial = number(f.Serial())
	}
	if o := report.Last; o.Took > 0 {
		d.LastRefresh = &status.Refresh{
			Time: status.At(report.At), Reason: o.Reason.String(), Result: o.Result.String(), Seconds: o.Took.Seconds(),
		}
	}
	for result, name := range notifyResultNames {
		d.Notifies[name] = m.noted().notifies[result].Load()
	}
	d.Refreshing, d.Queued = m.scheduler.Busy(m.zone)
	e.describeShared(m, &d)
	return d
}

// typesOf is how many records there are of each type.
func typesOf(v *zone.Version) map[string]int {
	types := make(map[string]int)
	for rrtype, records := range v.Counts().Types() {
		types[dns.Type(rrtype).String()] = records
	}
	return types
}

// describeShared adds what the engine's mutex guards.
func (e *engine) describeShared(m *member, d *status.Zone) {
	e.mu.Lock()
	k, listing, targets := m.keeper, m.listing, m.tellings.targets
	d.MemberOf = e.catalogOf(m)
	var members catalog.Members
	if listing != nil {
		d.Catalog, members = listing.describe(), listing.members
	}
	if e.sender != nil {
		d.Secondaries = m.noted().secondaries(targets, e.untoldOf(m))
	}
	e.mu.Unlock()
	if listing != nil {
		d.Catalog.HeldZones = members.HeldZones(heldNames)
	}
	if k != nil {
		d.Persist = &status.Persist{Directory: k.dir, Errors: m.journalErrors.Load()}
		if saved := m.savedSerial.Load(); saved != 0 {
			d.Persist.Serial = number(serial.Serial(saved))
		}
	}
}

// heldNames is how many of the members that are held are named.
const heldNames = 20

func (l *listing) describe() *status.Catalog {
	c := &status.Catalog{Members: l.served, Held: l.members.Held()}
	if l.broken != nil {
		c.Broken = oneLine(l.broken)
	}
	return c
}

// catalogOf is the catalog that a zone comes from, nil if that is the Corefile; e.mu is held.
func (e *engine) catalogOf(m *member) *status.MemberOf {
	if !m.origin.fromCatalog() {
		return nil
	}
	of := &status.MemberOf{Catalog: m.origin.catalog, ID: m.origin.id}
	by := e.members[identity{nameInView{of.Catalog, m.id.view}, m.id.key}]
	if by != nil && by.listing != nil {
		entry := by.listing.members.All()[string(owner.AppendLower(nil, m.zone.Apex()))]
		of.Groups, of.HeldSince = entry.Groups, status.At(entry.Held)
	}
	return of
}

func timersOf(c timers.Clamps, v *zone.Version) *status.Timers {
	soa := v.SOA()
	refresh, retry, expire := c.Of(&soa)
	return &status.Timers{Refresh: refresh.Seconds(), Retry: retry.Seconds(), Expire: expire.Seconds()}
}

func deltasOf(list []*zone.Delta) (d status.Deltas) {
	if len(list) > 0 {
		d.OldestSerial = number(list[0].From.Serial)
	}
	d.Count = len(list)
	for _, delta := range list {
		d.Octets += delta.Octets()
	}
	return d
}

func number(s serial.Serial) *uint32 {
	n := uint32(s)
	return &n
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
