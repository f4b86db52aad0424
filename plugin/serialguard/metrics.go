package serialguard

import (
	"time"

	"github.com/coredns/coredns/plugin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
)

var (
	verdicts = promauto.NewCounterVec(prometheus.CounterOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: "verdicts_total",
		Help: "Findings about versions that would be published, by rule and verdict.",
	}, []string{"zone", "server", "rule", "verdict"})
	releases = promauto.NewCounterVec(prometheus.CounterOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: "released_total",
		Help: "Versions that were held and then published, by why.",
	}, []string{"zone", "server", "how"})
	evaluation = promauto.NewHistogram(prometheus.HistogramOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: "evaluation_seconds",
		Help: "How long a version was judged.", Buckets: prometheus.ExponentialBuckets(1e-5, 4, 10),
	})

	changes = promauto.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: "change_ratio",
		Help:    "Which part of the names a version deletes, and of the RRsets it updates and adds.",
		Buckets: []float64{0, .001, .005, .01, .02, .05, .1, .2, .3, .5, .75, 1},
	}, []string{"op"})
	agreeing = promauto.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: "quorum_agree",
		Help: "Primaries that had the version which was judged last, of a zone with a quorum.",
	}, []string{"zone", "server"})
	stateErrors = promauto.NewCounter(prometheus.CounterOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: "state_errors_total",
		Help: "What could not be kept in a state directory, or read from it.",
	})

	heldDesc = prometheus.NewDesc(prometheus.BuildFQName(plugin.Namespace, pluginName, "held"),
		"1 while a version of the zone is held.", []string{"zone", "server"}, nil)
	sinceDesc = prometheus.NewDesc(prometheus.BuildFQName(plugin.Namespace, pluginName, "hold_start_timestamp_seconds"),
		"Since when that version is held.", []string{"zone", "server"}, nil)
	untilDesc = prometheus.NewDesc(prometheus.BuildFQName(plugin.Namespace, pluginName, "hold_deadline_timestamp_seconds"),
		"When the waiting ends, one way or the other.", []string{"zone", "server"}, nil)
	candidateDesc = prometheus.NewDesc(prometheus.BuildFQName(plugin.Namespace, pluginName, "candidate_serial"),
		"Serial of the version that is held.", []string{"zone", "server"}, nil)
	servingDesc = prometheus.NewDesc(prometheus.BuildFQName(plugin.Namespace, pluginName, "serving_serial"),
		"Serial that is served instead.", []string{"zone", "server"}, nil)
)

func count(zone, server string, findings []guard.Finding) {
	for _, f := range findings {
		verdicts.WithLabelValues(zone, server, f.Rule.String(), f.Verdict.String()).Inc()
	}
}

// evaluated counts what it took to judge a change, and how large that is.
func evaluated(c *guard.Change, took time.Duration) {
	evaluation.Observe(took.Seconds())
	if c.Old == nil {
		return
	}
	d := c.Difference()
	ratio := func(part, whole int) float64 { return float64(part) / float64(max(whole, 1)) }
	changes.WithLabelValues("deletes").Observe(ratio(d.NamesDeleted, d.Names))
	changes.WithLabelValues("updates").Observe(ratio(d.RRsetsTouched(), d.RRsets))
	changes.WithLabelValues("adds").Observe(ratio(d.Added, d.RRsets))
}

// holds tells of what is held when Prometheus asks.
type holds struct{}

func init() { prometheus.MustRegister(holds{}) }

// Describe implements prometheus.Collector.
func (holds) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{heldDesc, sinceDesc, untilDesc, candidateDesc, servingDesc} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (holds) Collect(out chan<- prometheus.Metric) {
	told := make(map[[2]string]bool)
	for _, z := range process.all() {
		h, g := z.Held(), gateOf(z)
		if h == nil || g == nil || told[[2]string{z.Name(), g.server}] {
			continue // a series twice would cost all metrics of the process
		}
		series := [2]string{z.Name(), g.server}
		told[series] = true
		gauge := func(d *prometheus.Desc, v float64) {
			out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, z.Name(), g.server)
		}
		gauge(heldDesc, 1)
		gauge(sinceDesc, float64(h.Since.UnixMilli())/1000)
		gauge(candidateDesc, float64(h.Serial))
		if !h.Ruling.Until.IsZero() {
			gauge(untilDesc, float64(h.Ruling.Until.UnixMilli())/1000)
		}
		if v := z.Current(); v != nil {
			gauge(servingDesc, float64(v.Serial()))
		}
	}
}
