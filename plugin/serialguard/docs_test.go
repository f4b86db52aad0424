package serialguard

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/understudy-dns/understudy/plugin/alerts"
	"github.com/understudy-dns/understudy/plugin/internal/guard"
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
	for _, c := range []prometheus.Collector{holds{}, verdicts, releases, evaluation, changes, agreeing, stateErrors, alerts.Sent} {
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

// The Syntax section shows every property that the parser knows, and no other.
func TestTheReadmeShowsEveryProperty(t *testing.T) {
	_, syntax, _ := strings.Cut(readme(t), "serialguard [ZONES...] {\n")
	syntax, _, _ = strings.Cut(syntax, "}\n")
	shown, known := map[string]bool{}, map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(syntax), "\n") {
		shown[strings.Fields(line)[0]] = true
	}
	for name := range properties {
		known[name] = true
	}
	if fmt.Sprint(shown) != fmt.Sprint(known) {
		t.Errorf("shown %v, known %v", shown, known)
	}
}

// The table of rules has those that are judged here, and no other.
func TestTheReadmeListsEveryRule(t *testing.T) {
	var listed []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|").FindAllStringSubmatch(readme(t), -1) {
		if _, err := guard.ParseRule(m[1]); err != nil {
			t.Error(err)
		}
		listed = append(listed, m[1])
	}
	var judged []string
	for _, r := range guard.AllRules() {
		if guard.Changeable(r, guard.Warn) {
			judged = append(judged, r.String())
		}
	}
	if !slices.Equal(listed, judged) {
		t.Errorf("listed %v, judged %v", listed, judged)
	}
}
