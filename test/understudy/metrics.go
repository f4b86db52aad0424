package understudy

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/understudy-dns/understudy/test/ask"
)

// Metrics is one look at a Prometheus endpoint.
type Metrics map[string]*dto.MetricFamily

// Metrics reads the endpoint at {{port:NAME}}.
func (s *Server) Metrics(t testing.TB, portName string) Metrics {
	t.Helper()
	m, err := Scrape("http://" + s.AddrOf(portName) + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Scrape reads any endpoint.
func Scrape(url string) (Metrics, error) {
	text, err := read(url)
	if err != nil {
		return nil, err
	}
	p := expfmt.NewTextParser(model.UTF8Validation)
	return p.TextToMetricFamilies(bytes.NewReader(text))
}

// read fetches a page.
func read(url string) ([]byte, error) {
	// A connection kept open would count as a leak in tests that count them.
	c := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := c.Get(url)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, r.Status)
	}
	return io.ReadAll(r.Body)
}

// Value is the sum over all series of a name that have these labels, each
// given as "name=value", and whether there is any. Of a histogram or summary,
// the name is that of its _count or _sum.
func (m Metrics) Value(name string, labels ...string) (float64, bool) {
	if f, ok := m[name]; ok {
		return sum(f, labels, plain)
	}
	if f, ok := m[strings.TrimSuffix(name, "_count")]; ok {
		return sum(f, labels, count)
	}
	if f, ok := m[strings.TrimSuffix(name, "_sum")]; ok {
		return sum(f, labels, total)
	}
	return 0, false
}

func sum(f *dto.MetricFamily, labels []string, value func(*dto.Metric) float64) (float64, bool) {
	var v float64
	found := false
	for _, metric := range f.GetMetric() {
		if has(metric, labels) {
			v, found = v+value(metric), true
		}
	}
	return v, found
}

// has says whether a series carries all of the labels.
func has(m *dto.Metric, labels []string) bool {
	set := map[string]bool{}
	for _, l := range m.GetLabel() {
		set[l.GetName()+"="+l.GetValue()] = true
	}
	for _, l := range labels {
		if !set[l] {
			return false
		}
	}
	return true
}

// plain relies on the getters of absent kinds, which give zero.
func plain(m *dto.Metric) float64 {
	return m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue()
}

func count(m *dto.Metric) float64 {
	return float64(m.GetHistogram().GetSampleCount() + m.GetSummary().GetSampleCount())
}

func total(m *dto.Metric) float64 {
	return m.GetHistogram().GetSampleSum() + m.GetSummary().GetSampleSum()
}

// WaitMetric waits until a metric at {{port:NAME}} has exactly this value. A
// series that does not exist counts as 0.
func (s *Server) WaitMetric(t testing.TB, portName, name string, want float64, labels ...string) {
	t.Helper()
	s.WaitMetricThat(t, portName, name, fmt.Sprintf("= %v", want), func(v float64) bool { return v == want }, labels...)
}

// WaitMetricThat waits until a metric satisfies a condition, which is described
// for the failure message.
func (s *Server) WaitMetricThat(t testing.TB, portName, name, what string, ok func(float64) bool, labels ...string) {
	t.Helper()
	url := "http://" + s.AddrOf(portName) + "/metrics"
	ask.Until(t, fmt.Sprintf("%s%v %s", name, labels, what), func() error {
		m, err := Scrape(url)
		if err != nil {
			return err
		}
		v, found := m.Value(name, labels...)
		if ok(v) {
			return nil
		}
		return fmt.Errorf("it is %v (present: %t)", v, found)
	})
}
