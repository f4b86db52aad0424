package secondaryplus

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

// seriesOf are the series of a process with one zone that was never loaded, by name and label values.
func seriesOf(t *testing.T, e *engine) map[string]float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(&collector{e})
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	series := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			name := strings.TrimPrefix(family.GetName(), "coredns_secondaryplus_")
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			series[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return series
}

func TestOfWhichZonesThereAreMetrics(t *testing.T) {
	e := newEngine()
	e.scheduler = refresh.NewScheduler(refresh.Options{})
	t.Cleanup(e.scheduler.Close)
	m := e.create(identity{nameInView{"a.example.", ""}, "k"}, instance(t, "k", stanzaA).order[0], nil, restored{})
	for _, c := range []struct {
		mode  metricsMode
		zones int
		all   bool
	}{
		{metricsBySize, manyZones, true}, {metricsBySize, manyZones + 1, false},
		{metricsAll, manyZones + 1, true}, {metricsProblems, 1, false},
	} {
		e.metrics = c.mode
		if e.metricsOfAll(c.zones) != c.all {
			t.Errorf("mode %d, %d zones: not %v", c.mode, c.zones, c.all)
		}
	}
	e.metrics = metricsProblems
	series := seriesOf(t, e)
	if !m.problem() || series["zone_state k unloaded a.example."] != 1 || series["zones unloaded"] != 1 {
		t.Errorf("a zone that was never loaded has no metrics: %v", series)
	}
	if n, ok := series["zones serving"]; !ok || n != 0 {
		t.Error("a state that no zone is in has no total")
	}
	for name := range series {
		if strings.HasPrefix(name, "notifies_total") || strings.HasPrefix(name, "transfers_total") {
			t.Errorf("%s never happened", name)
		}
	}
	m.rare().notifies[notifyRefused].Add(1)
	if series := seriesOf(t, e); series["notifies_total refused k a.example."] != 1 {
		t.Errorf("the NOTIFY is not there: %v", series)
	}
}
