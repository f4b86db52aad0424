package serialguard

import (
	"sync"
	"time"

	"github.com/coredns/coredns/plugin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
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

	heldDesc = prometheus.NewDesc(prometheus.BuildFQName(plugin.Namespace, pluginName, "held"),
		"1 while a version of the zone is held.", []string{"zone", "server"}, nil)
	sinceDesc = prometheus.NewDesc(prometheus.BuildFQName(plugin.Namespace, pluginName, "hold_start_timestamp_seconds"),
		"Since when that version is held.", []string{"zone", "server"}, nil)
	candidateDesc = prometheus.NewDesc(prometheus.BuildFQName(plugin.Namespace, pluginName, "candidate_serial"),
		"Serial of the version that is held.", []string{"zone", "server"}, nil)
	servingDesc = prometheus.NewDesc(prometheus.BuildFQName(plugin.Namespace, pluginName, "serving_serial"),
		"Serial that is served instead.", []string{"zone", "server"}, nil)
)

func count(zone, server string, findings []guard.Finding, took time.Duration) {
	evaluation.Observe(took.Seconds())
	for _, f := range findings {
		verdicts.WithLabelValues(zone, server, f.Rule.String(), f.Verdict.String()).Inc()
	}
}

// waiting are the zones of the process that had a version held, and perhaps have no more, with the first key of their
// server block. They outlive the instances of the plugin, as zones do.
type waiting struct {
	mu    sync.Mutex
	zones map[*refresh.Zone]string
}

var process = &waiting{zones: make(map[*refresh.Zone]string)}

func init() { prometheus.MustRegister(process) }

func (w *waiting) begin(z *refresh.Zone, server string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.zones[z] = server
}

// Describe implements prometheus.Collector.
func (w *waiting) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{heldDesc, sinceDesc, candidateDesc, servingDesc} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (w *waiting) Collect(out chan<- prometheus.Metric) {
	w.mu.Lock()
	defer w.mu.Unlock()
	told := make(map[[2]string]bool)
	for z, server := range w.zones {
		h, series := z.Held(), [2]string{z.Name(), server}
		if h == nil {
			delete(w.zones, z)
			continue
		}
		if told[series] {
			continue // a series twice would cost all metrics of the process
		}
		told[series] = true
		gauge := func(d *prometheus.Desc, v float64) {
			out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, z.Name(), server)
		}
		gauge(heldDesc, 1)
		gauge(sinceDesc, float64(h.Since.UnixMilli())/1000)
		gauge(candidateDesc, float64(h.Fetched.Version.Serial()))
		if v := z.Current(); v != nil {
			gauge(servingDesc, float64(v.Serial()))
		}
	}
}
