package nsfailover

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coredns/caddy"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/understudy-dns/understudy/plugin/alerts"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The Metrics section of the README lists exactly the metrics of the code, with their labels.
func TestTheReadmeListsEveryMetricWithItsLabels(t *testing.T) {
	described := make(chan *prometheus.Desc, 64)
	for _, c := range []prometheus.Collector{collector{}, watchCollector{}, nsRTT, checks, took, transitions, failovers, peerQueries, loops, isolatedGauge, alerts.Sent} {
		c.Describe(described)
	}
	close(described)
	var code, documented []string
	form := regexp.MustCompile(`fqName: "([a-z_]+)".*variableLabels: \{(.*?)\}`)
	for d := range described {
		m := form.FindStringSubmatch(d.String())
		name := m[1]
		if m[2] != "" {
			name += "{" + strings.ReplaceAll(m[2], ",", ", ") + "}"
		}
		code = append(code, name)
	}
	for _, m := range regexp.MustCompile("(?m)^\\* `(coredns_[^`]+)`").FindAllStringSubmatch(readme(t), -1) {
		documented = append(documented, m[1])
	}
	slices.Sort(code)
	slices.Sort(documented)
	if !slices.Equal(code, documented) {
		t.Errorf("code:\n%s\nREADME:\n%s", strings.Join(code, "\n"), strings.Join(documented, "\n"))
	}
}

// The Syntax section shows every role and property that the parser knows, and no other.
func TestTheReadmeShowsEveryProperty(t *testing.T) {
	_, syntax, _ := strings.Cut(readme(t), "## Syntax\n\n~~~\n")
	syntax, _, _ = strings.Cut(syntax, "~~~")
	shown, known := map[string]bool{}, map[string]bool{"when": true, "webhook": true, "alertmanager": true}
	for _, line := range strings.Split(syntax, "\n") {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "}":
		case words[0] == pluginName:
			shown[words[1]] = true
		default:
			shown[words[0]] = true
		}
	}
	for role := range roles {
		known[role] = true
	}
	p := &parser{caddy.NewTestController("dns", ""), new(block)}
	for name := range p.poolProperties(newPoolConfig(nil, "")) {
		known[name] = true
	}
	for name := range p.primariesProperties(new(primariesConfig)) {
		known[name] = true
	}
	for name := range p.watchProperties(newWatchConfig("")) {
		known[name] = true
	}
	for name := range p.quorumProperties(new(quorumConfig)) {
		known[name] = true
	}
	for name := range known {
		if !shown[name] {
			t.Errorf("%s is not shown", name)
		}
	}
	for name := range shown {
		if !known[name] {
			t.Errorf("%s is shown, and not known", name)
		}
	}
}
