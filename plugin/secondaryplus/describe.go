package secondaryplus

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/status"
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
	if f := o.Fetched; o.Result == refresh.Updated {
		m.past.transfer.Store(&status.Transfer{
			Time: now, Kind: kindNames[kindOf(f.How)], Primary: o.Primary.String(), Serial: uint32(o.New),
			Messages: f.Messages, Records: f.Records, Octets: f.Octets, Seconds: f.Duration.Seconds(),
		})
	}
}

// describe is all that the status tells of the zone.
func (m *member) describe(id status.ID) status.Zone {
	report, lease, published := m.zone.Report(), m.zone.Lease(), m.zone.Published()
	d := status.Zone{
		ID: id, State: m.source().state.String(), Primaries: primariesOf(m.zone.Config(), report),
		LastSuccess: status.At(lease.Refreshed), NextRefresh: status.At(lease.Due), Expires: status.At(lease.Expire),
		Failures: lease.Failures, LastError: m.past.mishap.Load(), Transfer: m.past.transfer.Load(),
		Deltas: deltasOf(published.Deltas),
	}
	if v := published.Version; v != nil {
		d.Serial, d.Records, d.Octets = number(v.Serial()), v.Records(), v.Octets()
	}
	if o := report.Last; o.Took > 0 {
		d.LastRefresh = &status.Refresh{
			Time: status.At(report.At), Reason: o.Reason.String(), Result: o.Result.String(), Seconds: o.Took.Seconds(),
		}
	}
	d.Refreshing, d.Queued = m.scheduler.Busy(m.zone)
	return d
}

// primariesOf are the primaries as they are configured, with what the last refresh learned of each.
func primariesOf(c *refresh.Config, report refresh.Report) []status.Primary {
	list := make([]status.Primary, len(c.Primaries))
	for i, p := range c.Primaries {
		list[i] = status.Primary{
			Address: p.Addr.String(), Pinned: p.Addr == report.Pinned, Source: p.Addr == report.Source,
		}
		if v, ok := viewOf(report, p.Addr); ok {
			learn(&list[i], v)
		}
	}
	return list
}

func viewOf(report refresh.Report, addr netip.AddrPort) (primary.View, bool) {
	at := slices.IndexFunc(report.Primaries, func(v primary.View) bool { return v.Addr == addr })
	if at < 0 {
		return primary.View{}, false
	}
	return report.Primaries[at], true
}

// learn adds what a SOA check said.
func learn(p *status.Primary, v primary.View) {
	if v.Err != nil {
		p.Error = oneLine(v.Err)
		p.Unreachable = errors.Is(v.Err, xfr.ErrConnect) || errors.Is(v.Err, xfr.ErrNetwork) || errors.Is(v.Err, xfr.ErrTimeout)
		return
	}
	rtt := v.RTT.Seconds()
	p.Serial, p.RTT = number(v.Serial), &rtt
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
