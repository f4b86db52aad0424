package secondaryplus

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

// exported gathers what a process with one zone exports.
func exported(t *testing.T) *prometheus.Registry {
	t.Helper()
	configs, err := parseText(t, "secondaryplus example.org {\n transfer from 127.0.0.1:1\n}")
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine()
	e.scheduler = refresh.NewScheduler(refresh.Options{})
	t.Cleanup(e.scheduler.Close)
	p, err := newPlugin(configs)
	if err != nil {
		t.Fatal(err)
	}
	m := e.create(identity{nameInView: nameInView{zone: "example.org."}}, p.order[0], nil, restored{})
	m.savedSerial.Store(savedMark)
	registry := prometheus.NewRegistry()
	registry.MustRegister(&collector{e}, transferDuration, transferOctets)
	return registry
}

func TestMetricsPassPromlint(t *testing.T) {
	families, err := exported(t).Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// The Metrics section of the README lists exactly the metrics of the code, with their labels.
func TestTheReadmeListsEveryMetricWithItsLabels(t *testing.T) {
	described := make(chan *prometheus.Desc, 64)
	(&collector{}).Describe(described)
	transferDuration.Describe(described)
	transferOctets.Describe(described)
	close(described)
	var code []string
	form := regexp.MustCompile(`fqName: "([a-z_]+)".*variableLabels: \{(.*?)\}`)
	for d := range described {
		m := form.FindStringSubmatch(d.String())
		name := m[1]
		if m[2] != "" {
			name += "{" + strings.ReplaceAll(m[2], ",", ", ") + "}"
		}
		code = append(code, name)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, m := range regexp.MustCompile("(?m)^\\* `(coredns_[^`]+)`").FindAllStringSubmatch(string(readme), -1) {
		documented = append(documented, m[1])
	}
	slices.Sort(code)
	slices.Sort(documented)
	if !slices.Equal(code, documented) {
		t.Errorf("code:\n%s\nREADME:\n%s", strings.Join(code, "\n"), strings.Join(documented, "\n"))
	}
}

// The Syntax section shows every property that the parser knows, and no other.
func TestTheReadmeShowsEveryProperty(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, syntax, _ := strings.Cut(string(readme), "secondaryplus [ZONES...] {\n")
	syntax, _, _ = strings.Cut(syntax, "}\n")
	shown := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(syntax), "\n") {
		shown[strings.Fields(line)[0]] = true
	}
	known := map[string]bool{}
	for name := range properties {
		known[name] = true
	}
	if fmt.Sprint(shown) != fmt.Sprint(known) {
		t.Errorf("shown %v, known %v", shown, known)
	}
}
