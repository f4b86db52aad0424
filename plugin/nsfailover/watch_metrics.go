package nsfailover

import (
	"slices"
	"time"

	"github.com/coredns/coredns/plugin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/understudy-dns/understudy/plugin/internal/nswatch"
)

var (
	nsRTT = promauto.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: "ns_rtt_seconds",
		Help: "How long nameservers took to answer over UDP.", Buckets: prometheus.ExponentialBuckets(0.0005, 3, 8),
	}, nsLabels)

	nsLabels = []string{"zone", "server", "ns", "address"}

	nsUp        = desc("ns_up", "1 if a nameserver answers over UDP and TCP as an authority for the zone.", nsLabels...)
	nsLag       = desc("ns_lag_seconds", "Since when a newer serial is known than a nameserver has; 0: it has the newest.", nsLabels...)
	nsDrift     = desc("ns_drift", "1 if a nameserver answers with other records than it should.", nsLabels...)
	nsRecursion = desc("ns_recursion", "1 if a nameserver offers recursion.", nsLabels...)
	nsEDNS      = desc("ns_edns", "1 if a nameserver knows EDNS.", nsLabels...)
	nsValid     = desc("dnssec_valid", "1 if what a nameserver answers validates.", nsLabels...)
	nsExpiry    = desc("rrsig_expiry_timestamp_seconds", "When the first signature over the SOA, NS and DNSKEY RRsets expires.", nsLabels...)
	nsCount     = desc("ns_count", "Nameservers of a zone, by itself and by its parent.", "zone", "server")
	nsMismatch  = desc("delegation_mismatch", "1 if zone and parent differ, by in what.", "zone", "server", "kind")
	nsShared    = desc("shared_failure_domain", "1 if all nameservers fail together, by why.", "zone", "server", "kind")
)

// watchCollector reads what is known of zones when Prometheus asks. What is not known is not there.
type watchCollector struct{}

func init() { prometheus.MustRegister(watchCollector{}) }

// Describe implements prometheus.Collector.
func (watchCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{nsUp, nsLag, nsDrift, nsRecursion, nsEDNS, nsValid, nsExpiry, nsCount, nsMismatch, nsShared} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (watchCollector) Collect(out chan<- prometheus.Metric) {
	for _, z := range watching.list() {
		z.collect(out, time.Now())
	}
}

func (z *watchedZone) collect(out chan<- prometheus.Metric, now time.Time) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.seen == nil && z.count == 0 {
		return
	}
	z.gauge(out, nsCount, float64(z.count))
	for s, found := range z.known {
		switch s.Kind {
		case nswatch.Delegation:
			z.gauge(out, nsMismatch, truth(found), s.What)
		case nswatch.Shared:
			z.gauge(out, nsShared, truth(found), s.What)
		case nswatch.Drift:
			z.gauge(out, nsDrift, truth(found), labelsOf(s.Server)...)
		case nswatch.Invalid:
			z.gauge(out, nsValid, truth(!found), labelsOf(s.Server)...)
		}
	}
	for s, until := range z.until {
		z.gauge(out, nsExpiry, float64(until.Unix()), labelsOf(s)...)
	}
	for i := range z.seen {
		z.collectServer(out, &z.seen[i], now)
	}
}

func (z *watchedZone) collectServer(out chan<- prometheus.Metric, s *nswatch.Seen, now time.Time) {
	if s.NoRoute || z.cut {
		return
	}
	labels := labelsOf(s.Server)
	z.gauge(out, nsUp, truth(s.Authority() && s.UDP == nil && s.TCP == nil), labels...)
	if s.UDP == nil {
		z.gauge(out, nsEDNS, truth(s.EDNS), labels...)
	}
	if s.Answers() {
		z.gauge(out, nsRecursion, truth(s.Recursion), labels...)
	}
	since, known := z.behind[s.Server]
	switch {
	case known && since.IsZero():
		z.gauge(out, nsLag, 0, labels...)
	case known:
		z.gauge(out, nsLag, now.Sub(since).Seconds(), labels...)
	}
}

// gauge sends a value of a zone's.
func (z *watchedZone) gauge(out chan<- prometheus.Metric, d *prometheus.Desc, v float64, labels ...string) {
	out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, append([]string{z.name, z.server}, labels...)...)
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func labelsOf(s nswatch.Server) []string { return []string{s.Name, s.Addr.Addr().String()} }

// observedNS counts how long a server took.
func observedNS(z *watchedZone, s *nswatch.Seen) {
	nsRTT.WithLabelValues(slices.Concat([]string{z.name, z.server}, labelsOf(s.Server))...).Observe(s.RTT.Seconds())
	z.timed[s.Server] = true
}

// forgetNS ends the series of servers that are not there any more.
func forgetNS(z *watchedZone, there map[nswatch.Server]bool) {
	for s := range z.timed {
		if !there[s] {
			nsRTT.DeleteLabelValues(slices.Concat([]string{z.name, z.server}, labelsOf(s))...)
			delete(z.timed, s)
		}
	}
}
