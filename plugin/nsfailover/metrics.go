package nsfailover

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/coredns/coredns/plugin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/understudy-dns/understudy/plugin/alerts"
	"github.com/understudy-dns/understudy/plugin/internal/events"
	"github.com/understudy-dns/understudy/plugin/internal/health"
	"github.com/understudy-dns/understudy/plugin/internal/pool"
	"github.com/understudy-dns/understudy/plugin/internal/prober"
)

var (
	checks = promauto.NewCounterVec(prometheus.CounterOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: "checks_total",
		Help: "Checks of targets, by what they do and what they found.",
	}, []string{"kind", "result"})
	took = promauto.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: "check_duration_seconds",
		Help: "How long checks took.", Buckets: prometheus.ExponentialBuckets(0.0005, 3, 9),
	}, []string{"kind"})
	transitions = promauto.NewCounterVec(prometheus.CounterOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: "transitions_total",
		Help: "Changes of the state of a target, by the state that it came to.",
	}, []string{"name", "server", "target", "to"})
	failovers = promauto.NewCounterVec(prometheus.CounterOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: "failovers_total",
		Help: "Changes of where the addresses of a pool come from.",
	}, []string{"pool", "server", "family", "to"})
	peerQueries = promauto.NewCounterVec(prometheus.CounterOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: "peer_queries_total",
		Help: "Queries that a peer was asked, by the RCODE that was passed on, or refused: its answer was not.",
	}, []string{"zone", "peer", "rcode"})
	loops = promauto.NewCounter(prometheus.CounterOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: "peer_loops_total",
		Help: "Queries from peers that we could not answer, and would have asked peers for.",
	})
	isolatedGauge = promauto.NewGauge(prometheus.GaugeOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: "isolated",
		Help: "1 while it is suspected that it is us who is cut off, so that no state changes.",
	})

	upDesc      = desc("target_up", "1 if a target is used.", "name", "server", "target")
	stateDesc   = desc("target_state", "1 for the state that a target is in.", "name", "server", "target", "state")
	activeDesc  = desc("pool_active", "1 for where the addresses of a pool come from.", "pool", "server", "family", "tier")
	membersUp   = desc("pool_members_up", "Members of a pool that are used.", "pool", "server")
	reachedDesc = desc("quorum_reachable", "1 if the etcd of the quorum is reached, of which there is one.")
	sitesDesc   = desc("quorum_sites", "Sites that take part in the quorum.")
	rankDesc    = desc("primary_rank", "In which order a primary is asked that has something newer, from 1.", "zone", "server", "primary")

	primarySerialDesc = desc("primary_serial", "Serial that a primary has.", "zone", "server", "primary")
	primaryLagDesc    = desc("primary_lag_seconds", "For how long a newer serial is known than a primary has.", "zone", "server", "primary")

	inertDesc = desc("pool_inert", "1 if a pool does nothing, by why.", "pool", "server", "reason")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(plugin.Namespace, pluginName, name), help, labels, nil)
}

// collector reads the pools when Prometheus asks.
type collector struct{}

func init() { prometheus.MustRegister(collector{}) }

// Describe implements prometheus.Collector.
func (collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{upDesc, stateDesc, activeDesc, membersUp, inertDesc, reachedDesc, sitesDesc, rankDesc, primarySerialDesc, primaryLagDesc} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (collector) Collect(out chan<- prometheus.Metric) {
	process.mu.Lock()
	pools, ranked := slices.Collect(maps.Values(process.pools)), process.ranked()
	process.mu.Unlock()
	for _, r := range ranked {
		r.collect(out)
	}
	for _, r := range pools {
		r.collect(out)
	}
	if v := ballot.Load(); v != nil {
		reached, sites := 0, 0
		if t := v.site.Tally(); t != nil {
			reached, sites = 1, t.Sites()
		}
		out <- prometheus.MustNewConstMetric(reachedDesc, prometheus.GaugeValue, float64(reached))
		out <- prometheus.MustNewConstMetric(sitesDesc, prometheus.GaugeValue, float64(sites))
	}
}

func (r *runtime) collect(out chan<- prometheus.Metric) {
	r.mu.Lock()
	defer r.mu.Unlock()
	gauge := func(d *prometheus.Desc, yes bool, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, number(yes), append([]string{r.id.name, r.id.server}, labels...)...)
	}
	up := 0
	for _, a := range r.config.members() {
		s, works := r.members[a].state, r.works(a)
		if works {
			up++
		}
		gauge(upDesc, works, a.String())
		for _, phase := range health.Phases() {
			gauge(stateDesc, s.Phase() == phase, a.String(), phase.String())
		}
	}
	out <- prometheus.MustNewConstMetric(membersUp, prometheus.GaugeValue, float64(up), r.id.name, r.id.server)
	for f, family := range families {
		for _, tier := range []pool.Tier{pool.Primary, pool.Backup, pool.Down} {
			gauge(activeDesc, r.state[f].Tier == tier, family, tier.String())
		}
	}
	i := r.inert.Load()
	gauge(inertDesc, i != nil && i.signed, "signed")
}

// ofPrimaries and ofTransfers are the names of targets that are primaries, where a pool's have its own.
const (
	ofPrimaries = "primaries"
	ofTransfers = "transfers"
)

func (r *ranked) collect(out chan<- prometheus.Metric) {
	for _, p := range r.standings(time.Now()) {
		addr := p.Primary.Addr.String()
		for name, s := range map[string]health.State{ofPrimaries: p.soa, ofTransfers: p.xfr} {
			gauge := func(d *prometheus.Desc, yes bool, labels ...string) {
				out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, number(yes), append([]string{name, r.server, addr}, labels...)...)
			}
			gauge(upDesc, s.Usable())
			for _, phase := range health.Phases() {
				gauge(stateDesc, s.Phase() == phase, phase.String())
			}
		}
		gauge := func(d *prometheus.Desc, v float64) {
			out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, p.Apex.Canonical(), r.server, addr)
		}
		gauge(rankDesc, float64(p.rank))
		if p.told {
			gauge(primarySerialDesc, float64(p.serial))
			gauge(primaryLagDesc, p.behind.Seconds())
		}
	}
}

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// told logs and counts the change of a primary's state: whether it is an authority, or can transfer, or both.
func (r *ranked) told(addr netip.AddrPort, p probe, u prober.Update) {
	name, purpose := ofTransfers, " for transfers"
	if p.xfr {
		transitions.WithLabelValues(ofTransfers, r.server, addr.String(), u.Effect.To.String()).Inc()
	}
	if p.soa {
		name, purpose = ofPrimaries, ""
		transitions.WithLabelValues(ofPrimaries, r.server, addr.String(), u.Effect.To.String()).Inc()
	}
	why := ""
	if u.State.Reason != "" {
		why = ": " + u.State.Reason
	}
	write := log.Infof
	if u.Effect.To == health.Down || u.Effect.To == health.Damped {
		write = log.Warningf
	}
	write("primary %s is %s%s (was %s)%s", addr, u.Effect.To, purpose, u.Effect.From, why)
	flapping(u.Effect, r.labelsOf(name, addr))
}

// families are the words for those of a pool.
var families = [2]string{"ipv4", "ipv6"}

// observed counts a check.
func observed(k prober.Key, r prober.Result, d time.Duration) {
	checks.WithLabelValues(string(k.Kind), string(r.Outcome)).Inc()
	took.WithLabelValues(string(k.Kind)).Observe(d.Seconds())
}

// isolated tells that transitions are frozen, or no longer.
func isolated(_ health.Isolation, frozen bool) {
	if frozen {
		isolatedGauge.Set(1)
		log.Warningf("Everything fails at once: it may be us who is cut off. No state changes")
		fireIsolated()
		return
	}
	log.Infof("States of targets change again")
	connected()
}

func fireIsolated() {
	alerts.Fire(events.Alert{Name: alertIsolated, Severity: events.Critical, Summary: "Everything fails at once: it may be us who is cut off; no state changes"})
}

// connected is that it is not suspected that we are cut off.
func connected() {
	isolatedGauge.Set(0)
	alerts.Resolve(alertIsolated, nil)
}

// told logs and counts the change of a member's state.
func (r *runtime) told(a netip.Addr, u prober.Update) {
	transitions.WithLabelValues(r.id.name, r.id.server, a.String(), u.Effect.To.String()).Inc()
	why := ""
	if u.State.Reason != "" {
		why = ": " + u.State.Reason
	}
	write := log.Infof
	if u.Effect.To == health.Down || u.Effect.To == health.Damped {
		write = log.Warningf
	}
	write("pool %s: %s is %s (was %s)%s", r.id.name, a, u.Effect.To, u.Effect.From, why)
	flapping(u.Effect, r.labelsOf(a))
}

// moved logs and counts a failover, or its end.
func (r *runtime) moved(family int, from, to pool.Tier) {
	if to == pool.Backup || from == pool.Backup && to == pool.Primary {
		failovers.WithLabelValues(r.id.name, r.id.server, families[family], to.String()).Inc()
	}
	switch to {
	case pool.Primary:
		log.Infof("pool %s: the %s addresses are those of the primaries again", r.id.name, families[family])
	case pool.Backup:
		log.Warningf("pool %s: FAILED OVER: the %s addresses are those of the backups", r.id.name, families[family])
	case pool.Down:
		log.Errorf("pool %s: ALL DOWN: no %s address works; the answer is '%s'", r.id.name, families[family], pool.Policies[r.config.params.WhenDown])
	}
	r.fire(family, to)
	switch from {
	case pool.Backup:
		alerts.Resolve(alertFailedOver, r.labelsIn(family))
	case pool.Down:
		alerts.Resolve(alertAllDown, r.labelsIn(family))
	}
}
