package secondaryplus

import (
	"time"

	"github.com/coredns/coredns/plugin"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

// collector reads the zones when Prometheus asks, and stores nothing. Every series of a zone carries the
// key of its server block too (and its view), for a zone may be served by several.
type collector struct{ engine *engine }

func init() { prometheus.MustRegister(&collector{process}) }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(plugin.Namespace, pluginName, name), help, labels, nil)
}

var (
	serialDesc     = desc("zone_serial", "Serial of the version that is served.", "zone", "server")
	primaryDesc    = desc("zone_primary_serial", "Newest serial that a primary had in the last round of SOA checks.", "zone", "server")
	recordsDesc    = desc("zone_records", "Records of the version that is served.", "zone", "server")
	octetsDesc     = desc("zone_bytes", "Memory that the version's pages take.", "zone", "server")
	stateDesc      = desc("zone_state", "1 for the state that the zone is in.", "zone", "server", "state")
	successDesc    = desc("zone_last_success_timestamp_seconds", "When a primary last proved the zone up to date.", "zone", "server")
	expireDesc     = desc("zone_expire_timestamp_seconds", "When the zone expires unless a primary proves it up to date.", "zone", "server")
	failuresDesc   = desc("zone_failed_attempts", "Refreshes in a row that failed.", "zone", "server")
	refreshesDesc  = desc("refreshes_total", "Refreshes by their result, and ends of the lease.", "zone", "server", "result")
	transfersDesc  = desc("transfers_total", "Transfers by kind and result.", "zone", "server", "kind", "result")
	notifiesDesc   = desc("notifies_total", "NOTIFY messages received, by what became of them.", "zone", "server", "result")
	unansweredDesc = desc("unanswered_queries_total", "Queries answered SERVFAIL because the zone was never loaded or has expired.", "zone", "server")
	membersDesc    = desc("catalog_members", "Members of the catalog zone that are served.", "zone", "server")
	heldDesc       = desc("catalog_held", "Members that the catalog zone lost, and whose removal or reset is held.", "zone", "server")
	brokenDesc     = desc("catalog_broken", "1 while the version of the catalog zone is not a catalog.", "zone", "server")
	queueDesc      = desc("scheduler_queue", "Refreshes that wait for a place to run.")
	refreshingDesc = desc("refreshes_running", "Refreshes that run.")
	runningDesc    = desc("transfers_running", "Transfers that run.")
)

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		serialDesc, primaryDesc, recordsDesc, octetsDesc, stateDesc, successDesc, expireDesc, failuresDesc, refreshesDesc,
		transfersDesc, notifiesDesc, unansweredDesc, membersDesc, heldDesc, brokenDesc, queueDesc, refreshingDesc, runningDesc,
	} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	var running, queue, transfers int
	if s := c.engine.current(); s != nil {
		running, queue, transfers = s.Counts()
	}
	out <- gauge(queueDesc, float64(queue))
	out <- gauge(refreshingDesc, float64(running))
	out <- gauge(runningDesc, float64(transfers))
	for id, m := range c.engine.all() {
		m.collect(out, id.zone, id.server())
	}
	for id, i := range c.engine.inventories() {
		i.collect(out, id.zone, id.server())
	}
}

func gauge(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func counter(d *prometheus.Desc, v uint64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
}

// The states of a zone.
const (
	stateUnloaded = "unloaded"
	stateServing  = "serving"
	stateExpired  = "expired"
)

func stateOf(z *refresh.Zone) string {
	switch {
	case z.Current() == nil:
		return stateUnloaded
	case z.Expired():
		return stateExpired
	}
	return stateServing
}

func (m *member) collect(out chan<- prometheus.Metric, zone, server string) {
	if v := m.zone.Current(); v != nil {
		out <- gauge(serialDesc, float64(v.Serial()), zone, server)
		out <- gauge(recordsDesc, float64(v.Records()), zone, server)
		out <- gauge(octetsDesc, float64(v.Octets()), zone, server)
	}
	if s, ok := m.zone.Report().NewestPrimarySerial(); ok {
		out <- gauge(primaryDesc, float64(s), zone, server)
	}
	now := stateOf(m.zone)
	for _, state := range []string{stateUnloaded, stateServing, stateExpired} {
		value := 0.0
		if state == now {
			value = 1
		}
		out <- gauge(stateDesc, value, zone, server, state)
	}
	lease := m.zone.Lease()
	out <- gauge(failuresDesc, float64(lease.Failures), zone, server)
	if !lease.Refreshed.IsZero() {
		out <- gauge(successDesc, unix(lease.Refreshed), zone, server)
		out <- gauge(expireDesc, unix(lease.Expire), zone, server)
	}
	m.collectCounters(out, zone, server)
}

func (m *member) collectCounters(out chan<- prometheus.Metric, zone, server string) {
	for result := range m.refreshes {
		out <- counter(refreshesDesc, m.refreshes[result].Load(), zone, server, refresh.Result(result).String())
	}
	for kind, name := range kindNames {
		out <- counter(transfersDesc, m.transfers.succeeded[kind].Load(), zone, server, name, "succeeded")
		out <- counter(transfersDesc, m.transfers.failed[kind].Load(), zone, server, name, "failed")
	}
	for result, name := range notifyResultNames {
		out <- counter(notifiesDesc, m.notifies[result].Load(), zone, server, name)
	}
	out <- counter(unansweredDesc, m.unansweredQueries.Load(), zone, server)
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
