package secondaryplus

import (
	"errors"

	"github.com/coredns/coredns/plugin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// The forms in which a zone comes, as counted in transfers_total.
const (
	kindAXFR = iota
	kindIXFR
	kindWhole // the whole zone in reply to an IXFR query
	kinds
)

var kindNames = [kinds]string{"axfr", "ixfr", "axfr-style-ixfr"}

func kindOf(h xfr.How) int {
	switch h {
	case xfr.ByIXFR:
		return kindIXFR
	case xfr.ByWholeIXFR:
		return kindWhole
	}
	return kindAXFR
}

var (
	transferDuration = promauto.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: "transfer_duration_seconds",
		Help:    "Time that successful transfers took, from the connection to the new version.",
		Buckets: prometheus.ExponentialBuckets(0.0005, 4, 12),
	}, []string{"kind"})
	transferOctets = promauto.NewCounterVec(prometheus.CounterOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: "transfer_bytes_total",
		Help: "Octets received by successful transfers.",
	}, []string{"kind"})
)

// count adds an outcome to the metrics.
func (m *member) count(o refresh.Outcome) {
	m.refreshes[o.Result].Add(1)
	for _, err := range o.Errs {
		if errors.Is(err, xfr.ErrTSIG) {
			m.rare().unproved.Add(1)
		}
		var failed *xfr.Error
		if !errors.As(err, &failed) {
			continue
		}
		switch failed.Op {
		case xfr.OpAXFR:
			m.rare().failedTransfers[kindAXFR].Add(1)
		case xfr.OpIXFR:
			m.rare().failedTransfers[kindIXFR].Add(1)
		}
	}
	released := o.Result == refresh.Updated && o.Known // it was transferred before
	if released || o.Fetched.Version == nil || o.Result != refresh.Updated && o.Result != refresh.Kept {
		return
	}
	kind := kindOf(o.Fetched.How)
	m.transfers[kind].Add(1)
	transferDuration.WithLabelValues(kindNames[kind]).Observe(o.Fetched.Duration.Seconds())
	transferOctets.WithLabelValues(kindNames[kind]).Add(float64(o.Fetched.Octets))
}
