package secondaryplus

import (
	"maps"
	"net/netip"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/status"
)

// primariesOf are the primaries as they are configured, with what the last refresh learned of each.
func primariesOf(c *refresh.Config, report refresh.Report) []status.Primary {
	list := make([]status.Primary, len(c.Primaries))
	for i, p := range c.Primaries {
		list[i] = status.Primary{
			Address: p.Addr.String(), TLS: p.TLS != nil,
			Pinned: p.Addr == report.Pinned, Source: p.Addr == report.Source,
		}
		if p.Key != nil {
			list[i].Key = p.Key.Name.Canonical()
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
	p.Silent, p.Closed = outageOf(v.Silent()), outageOf(v.Closed())
	if v.Err != nil {
		p.Error = oneLine(v.Err)
		return
	}
	rtt := v.RTT.Seconds()
	p.Serial, p.RTT, p.LeaseUntil = number(v.Serial), &rtt, status.At(v.Granted)
}

func outageOf(o primary.Outage) *status.Outage {
	if o.Failures == 0 {
		return nil
	}
	return &status.Outage{Since: status.At(o.Since), Until: status.At(o.Until), Failures: o.Failures}
}

// tellPrimaries logs which primaries have begun to fail, or no longer do, while the refresh as a whole has not
// failed: such a zone is well, and nothing else says that it has a primary less. When it fails, its own line
// says so. The refreshes of a zone follow each other, so that nobody else is here.
func (m *member) tellPrimaries(o refresh.Outcome) {
	if o.Result == refresh.Failed || o.Result == refresh.Expired {
		return
	}
	views := m.zone.Report().Primaries
	if m.made.Load() == nil && !slices.ContainsFunc(views, fails) {
		return
	}
	rare := m.rare()
	for _, v := range views {
		well, known := refresh.Well(v)
		was := slices.Index(rare.failing, v.Addr)
		switch {
		case !known || well == (was < 0):
		case well:
			rare.failing = slices.Delete(rare.failing, was, was+1)
			log.Infof("%s: primary %s is well again, with serial %s", m.zone.Name(), v.Addr, v.Serial)
		default:
			rare.failing = append(rare.failing, v.Addr)
			log.Warningf("%s: primary %s fails, while others do not: %s", m.zone.Name(), v.Addr, oneLine(v.Err))
		}
	}
	rare.failing = slices.DeleteFunc(rare.failing, func(addr netip.AddrPort) bool {
		return !slices.ContainsFunc(views, func(v primary.View) bool { return v.Addr == addr })
	})
}

func fails(v primary.View) bool {
	well, known := refresh.Well(v)
	return known && !well
}

// primariesOfAll are the primaries of all zones, in order of their addresses, with how many zones each has and
// of how many of these the last SOA check failed.
func primariesOfAll(members map[identity]*member) []status.PrimaryTotal {
	totals := map[netip.AddrPort]*status.PrimaryTotal{}
	for _, m := range members {
		report := m.zone.Report()
		for _, p := range m.zone.Config().Primaries {
			t := totals[p.Addr]
			if t == nil {
				t = &status.PrimaryTotal{Address: p.Addr.String()}
				totals[p.Addr] = t
			}
			t.Zones++
			if v, ok := viewOf(report, p.Addr); ok {
				if fails(v) {
					t.Failing++
				}
			}
		}
	}
	list := make([]status.PrimaryTotal, 0, len(totals))
	for _, addr := range slices.SortedFunc(maps.Keys(totals), netip.AddrPort.Compare) {
		list = append(list, *totals[addr])
	}
	return list
}

// collectPrimaries tells of those that the last round of SOA checks asked.
func collectPrimaries(out chan<- prometheus.Metric, report refresh.Report, zone, server string) {
	for _, v := range report.Primaries {
		if well, known := refresh.Well(v); known {
			up := 0.0
			if well {
				up = 1
			}
			out <- gauge(upDesc, up, zone, server, v.Addr.String())
		}
	}
}
