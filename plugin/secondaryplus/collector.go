package secondaryplus

import (
	"math"
	"time"

	"github.com/coredns/coredns/plugin"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/understudy-dns/understudy/plugin/internal/notify"
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
	upDesc         = desc("primary_up", "1 if the last SOA check got a good answer from the primary.", "zone", "server", "primary")
	recordsDesc    = desc("zone_records", "Records of the version that is served.", "zone", "server")
	octetsDesc     = desc("zone_bytes", "Memory that the version's pages take.", "zone", "server")
	stateDesc      = desc("zone_state", "1 for the state that the zone is in.", "zone", "server", "state")
	successDesc    = desc("zone_last_success_timestamp_seconds", "When a primary last proved the zone up to date.", "zone", "server")
	expireDesc     = desc("zone_expire_timestamp_seconds", "When the zone expires unless a primary proves it up to date.", "zone", "server")
	failuresDesc   = desc("zone_failed_attempts", "Refreshes in a row that failed.", "zone", "server")
	refreshesDesc  = desc("refreshes_total", "Refreshes by their result, and ends of the lease.", "zone", "server", "result")
	transfersDesc  = desc("transfers_total", "Transfers by kind and result.", "zone", "server", "kind", "result")
	outgoingDesc   = desc("transfers_out_total", "Queries for transfers to secondaries, by what was sent or asked for and what became of it.", "zone", "server", "kind", "result")
	unprovedDesc   = desc("tsig_failures_total", "SOA checks and transfers that failed because of a TSIG signature or key.", "zone", "server")
	notifiesDesc   = desc("notifies_total", "NOTIFY messages received, by what became of them.", "zone", "server", "result")
	tellingsDesc   = desc("notifies_sent_total", "NOTIFYs to secondaries, by what became of them.", "zone", "server", "result")
	unansweredDesc = desc("unanswered_queries_total", "Queries answered SERVFAIL because the zone was never loaded or has expired.", "zone", "server")
	savedDesc      = desc("zone_saved_serial", "Serial that a restart would find on disk.", "zone", "server")
	journalDesc    = desc("journal_errors_total", "Attempts to save the zone on disk that failed.", "zone", "server")
	staleDesc      = desc("stale_answers_total", "Answers from the data of a zone that has expired.", "zone", "server")
	fallbackDesc   = desc("fallback_answers_total", "Answers from the fallback file of a zone.", "zone", "server")
	staleUntilDesc = desc("zone_stale_until_timestamp_seconds", "When the data of a zone that has expired are not answered any more.", "zone", "server")
	untoldDesc     = desc("notifies_pending", "NOTIFYs that wait for their turn, or for an answer.")
	failingDesc    = desc("primary_failing_zones", "Zones of which the last SOA check at the primary failed.", "primary")
	drainedDesc    = desc("drained", "1 while the process is drained by order, and not ready.")
	zonesDesc      = desc("zones", "Zones by the state that they are in.", "state")
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
		serialDesc, primaryDesc, upDesc, recordsDesc, octetsDesc, stateDesc, successDesc, expireDesc, failuresDesc, refreshesDesc,
		transfersDesc, notifiesDesc, tellingsDesc, unansweredDesc, staleDesc, fallbackDesc, staleUntilDesc, savedDesc,
		journalDesc, outgoingDesc, unprovedDesc, membersDesc, heldDesc, brokenDesc, failingDesc, zonesDesc, untoldDesc, queueDesc, drainedDesc,
		refreshingDesc, runningDesc,
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
	out <- gauge(drainedDesc, one(c.engine.readiness.drained.Load()))
	out <- gauge(untoldDesc, float64(c.engine.untold()))
	members := c.engine.all()
	for s, n := range zonesByState(members) {
		out <- gauge(zonesDesc, float64(n), state(s).String())
	}
	for _, p := range primariesOfAll(members) {
		out <- gauge(failingDesc, float64(p.Failing), p.Address)
	}
	all := c.engine.metricsOfAll(len(members))
	for id, m := range members {
		if all || m.problem() {
			m.collect(out, id.zone, id.server())
		}
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

func (m *member) collect(out chan<- prometheus.Metric, zone, server string) {
	if v := m.zone.Current(); v != nil {
		out <- gauge(serialDesc, float64(v.Serial()), zone, server)
		out <- gauge(recordsDesc, float64(v.Records()), zone, server)
		out <- gauge(octetsDesc, float64(v.Octets()), zone, server)
	}
	report := m.zone.Report()
	if s, ok := report.NewestPrimarySerial(); ok {
		out <- gauge(primaryDesc, float64(s), zone, server)
	}
	collectPrimaries(out, report, zone, server)
	m.collectState(out, zone, server)
	lease := m.zone.Lease()
	out <- gauge(failuresDesc, float64(lease.Failures), zone, server)
	if !lease.Refreshed.IsZero() {
		out <- gauge(successDesc, unix(lease.Refreshed), zone, server)
		out <- gauge(expireDesc, unix(lease.Expire), zone, server)
	}
	m.collectCounters(out, zone, server)
}

func (m *member) collectState(out chan<- prometheus.Metric, zone, server string) {
	now := m.source().state
	for s, name := range stateNames {
		value := 0.0
		if state(s) == now {
			value = 1
		}
		out <- gauge(stateDesc, value, zone, server, name)
	}
	if now == stateStale {
		end := math.Inf(1)
		if until := m.staleUntil(); !m.endless(until) {
			end = unix(until)
		}
		out <- gauge(staleUntilDesc, end, zone, server)
	}
}

// collectCounters leaves out what never happened: most zones would have twenty series that are always zero.
func (m *member) collectCounters(out chan<- prometheus.Metric, zone, server string) {
	count := func(d *prometheus.Desc, n uint64, labels ...string) {
		if n > 0 {
			out <- counter(d, n, append([]string{zone, server}, labels...)...)
		}
	}
	rare := m.noted()
	for result := range m.refreshes {
		count(refreshesDesc, uint64(m.refreshes[result].Load()), refresh.Result(result).String())
	}
	for kind, name := range kindNames {
		count(transfersDesc, uint64(m.transfers[kind].Load()), name, "succeeded")
		count(transfersDesc, rare.failedTransfers[kind].Load(), name, "failed")
	}
	for _, kind := range outgoingKinds {
		for result, name := range outResultNames {
			count(outgoingDesc, rare.outgoing[kind][result].Load(), kind.String(), name)
		}
	}
	count(unprovedDesc, rare.unproved.Load())
	for result, name := range notifyResultNames {
		count(notifiesDesc, rare.notifies[result].Load(), name)
	}
	if saved := m.savedSerial.Load(); saved != 0 {
		out <- gauge(savedDesc, float64(uint32(saved)), zone, server)
	}
	count(journalDesc, m.journalErrors.Load())
	count(unansweredDesc, rare.unansweredQueries.total.Load())
	count(staleDesc, rare.staleAnswers.total.Load())
	count(fallbackDesc, rare.fallbackAnswers.total.Load())
	for result := range rare.told {
		count(tellingsDesc, rare.told[result].Load(), notify.Result(result).String())
	}
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
