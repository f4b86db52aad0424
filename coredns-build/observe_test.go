package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const (
	rulesFile     = "prometheus/understudy.rules.yml"
	dashboardFile = "grafana/understudy.json"
)

// A metric is one of a Metrics section. Tests of the plugins see to it that these sections have what the code has.
type metric struct {
	labels []string
	text   string // of the README that it is in, where the values of its labels are
}

// has says that the manual knows a value: in a code span, or in capitals as the states of targets are.
func (m metric) has(value string) bool {
	return strings.Contains(m.text, "`"+value+"`") ||
		value == strings.ToUpper(value) && regexp.MustCompile(`\b`+regexp.QuoteMeta(value)+`\b`).MatchString(m.text)
}

// vocabulary is what expressions may name: metrics by their names, those of histograms with their suffixes.
type vocabulary map[string]metric

// target are the labels that Prometheus adds to everything.
var target = []string{"instance", "job"}

var entry = regexp.MustCompile("(?m)^\\* `(coredns_[a-z_]+)(?:\\{([a-z_, ]+)\\})?` - (histogram)?")

func documented(t *testing.T) vocabulary {
	t.Helper()
	known := vocabulary{"up": {}}
	for _, plugin := range []string{"secondaryplus", "serialguard", "nsfailover"} {
		text := manual(t, plugin)
		_, section, _ := strings.Cut(text, "\n## Metrics\n")
		section, _, _ = strings.Cut(section, "\n## ")
		entries := entry.FindAllStringSubmatch(section, -1)
		if len(entries) < 10 {
			t.Fatalf("%s: the Metrics section has %d entries", plugin, len(entries))
		}
		for _, e := range entries {
			m := metric{text: text}
			if e[2] != "" {
				m.labels = strings.Split(e[2], ", ")
			}
			if e[3] == "" {
				known[e[1]] = m
				continue
			}
			known[e[1]+"_sum"], known[e[1]+"_count"] = m, m
			known[e[1]+"_bucket"] = metric{append(slices.Clone(m.labels), "le"), text}
		}
	}
	return known
}

func manual(t *testing.T, plugin string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "plugin", plugin, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A token of PromQL: a string, a range in brackets, a name, a number or a duration, a sign.
var token = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\[[^\]]*\]|[a-zA-Z_:][a-zA-Z0-9_:]*|[0-9][0-9a-z.]*|=~|!~|!=|==|<=|>=|[^\s]`)

var (
	name  = regexp.MustCompile(`^[a-zA-Z_:]`)
	lists = []string{"by", "without", "on", "ignoring", "group_left", "group_right"}
	words = append([]string{"and", "or", "unless", "offset", "bool"}, lists...)
)

// An expression is read as far as is needed to see which metrics and labels it names.
type expression struct {
	known  vocabulary
	tokens []string
	labels map[string]bool // that its metrics have
	result []string        // the labels that an aggregation around all of it leaves; nil: there is none
	listed []string        // labels in lists
}

// read fails if something is named that is not there. It returns the labels that the result may have.
func (k vocabulary) read(text string) (labels []string, err error) {
	e := &expression{known: k, tokens: token.FindAllString(text, -1), labels: make(map[string]bool)}
	for _, l := range target {
		e.labels[l] = true
	}
	aggregated := len(e.tokens) > 1 && e.tokens[1] == "by"
	for metrics := 0; ; {
		switch at := e.next(); {
		case at == "" && metrics == 0:
			return nil, fmt.Errorf("no metric in %s", text)
		case at == "":
			for _, l := range e.listed {
				if !e.labels[l] {
					return nil, fmt.Errorf("no metric has the label %s", l)
				}
			}
			if aggregated {
				return e.result, nil
			}
			return slices.Sorted(maps.Keys(e.labels)), nil
		case at == "{":
			return nil, fmt.Errorf("a selector without a metric")
		case !name.MatchString(at):
		case slices.Contains(lists, at):
			e.list()
		case slices.Contains(words, at):
		case e.peek() == "(" || e.peek() == "by" || e.peek() == "without": // a function, an aggregation
		default:
			metrics++
			if err := e.selector(at); err != nil {
				return nil, err
			}
		}
	}
}

func (e *expression) peek() string {
	if len(e.tokens) == 0 {
		return ""
	}
	return e.tokens[0]
}

func (e *expression) next() string {
	at := e.peek()
	if at != "" {
		e.tokens = e.tokens[1:]
	}
	return at
}

// list takes in the labels of a list in parentheses.
func (e *expression) list() {
	var labels []string
	for at := e.next(); at != "" && at != ")"; at = e.next() {
		if name.MatchString(at) {
			labels = append(labels, at)
		}
	}
	e.listed = append(e.listed, labels...)
	if e.result == nil {
		e.result = labels
	}
}

// selector takes in a metric, and its matchers.
func (e *expression) selector(of string) error {
	m, ok := e.known[of]
	if !ok {
		return fmt.Errorf("there is no metric %s", of)
	}
	for _, l := range m.labels {
		e.labels[l] = true
	}
	if e.peek() != "{" {
		return nil
	}
	for at := e.next(); at != "}"; at = e.next() {
		switch {
		case at == "":
			return fmt.Errorf("%s{ has no end", of)
		case !name.MatchString(at):
			continue
		case !slices.Contains(m.labels, at) && !slices.Contains(target, at):
			return fmt.Errorf("%s has no label %s", of, at)
		}
		e.next() // the operator
		for _, value := range strings.Split(strings.Trim(e.next(), `"'`), "|") {
			if !strings.HasPrefix(value, "$") && !m.has(value) {
				return fmt.Errorf("%s{%s=%q}: the manual has no such value", of, at, value)
			}
		}
	}
	return nil
}

// fields are the labels that a template names, of the alert or of a series.
func fields(form *regexp.Regexp, text string) (labels []string) {
	for _, m := range form.FindAllStringSubmatch(text, -1) {
		labels = append(labels, m[1])
	}
	return labels
}

var (
	ofAlert  = regexp.MustCompile(`\$labels\.(\w+)`)
	ofSeries = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)
)

type rule struct {
	Record      string            `yaml:"record"`
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func rules(t *testing.T) (list []rule) {
	t.Helper()
	f, err := os.Open(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var file struct {
		Groups []struct {
			Name  string `yaml:"name"`
			Rules []rule `yaml:"rules"`
		} `yaml:"groups"`
	}
	d := yaml.NewDecoder(f)
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		list = append(list, g.Rules...)
	}
	return list
}

// Rules name metrics and labels that are there, and every alert says how bad it is, what is wrong, and what to do.
func TestRulesNameWhatTheCodeHas(t *testing.T) {
	known := documented(t)
	for _, r := range rules(t) {
		labels, err := known.read(r.Expr)
		if err != nil {
			t.Errorf("%s%s: %v", r.Record, r.Alert, err)
			continue
		}
		if r.Record != "" {
			known[r.Record] = metric{labels: labels}
			continue
		}
		if s := r.Labels["severity"]; s != "warning" && s != "critical" {
			t.Errorf("%s: severity %q", r.Alert, s)
		}
		for _, what := range []string{"summary", "description"} {
			text := r.Annotations[what]
			if !strings.HasSuffix(text, ".") {
				t.Errorf("%s: the %s is no sentence: %q", r.Alert, what, text)
			}
			for _, l := range fields(ofAlert, text) {
				if !slices.Contains(labels, l) {
					t.Errorf("%s: the %s has the label %s, and the expression has not", r.Alert, what, l)
				}
			}
		}
	}
}

// What the plugins tell of by themselves, there is a rule for, by the same name.
func TestEveryAlertOfTheManualsHasARule(t *testing.T) {
	there := make(map[string]bool)
	for _, r := range rules(t) {
		there[r.Alert] = true
	}
	var told []string
	for _, plugin := range []string{"secondaryplus", "serialguard"} {
		_, section, _ := strings.Cut(manual(t, plugin), "\n## Alerts\n")
		section, _, _ = strings.Cut(section, "\n## ")
		told = append(told, fields(regexp.MustCompile(`(?m)^\* \*\*(\w+)\*\*`), section)...)
	}
	_, list, _ := strings.Cut(manual(t, "nsfailover"), "The alerts are ")
	list, _, _ = strings.Cut(list, "Those about the transfer of zones")
	told = append(told, fields(regexp.MustCompile(`\b([A-Z]\w*[A-Z][a-z]\w*)`), list)...)
	for _, alert := range told {
		if !there[alert] {
			t.Errorf("there is no rule for %s", alert)
		}
	}
	for _, one := range []string{"ZoneExpiring", "CandidateHeld", "PoolFailedOver", "NSLag", "DNSSECInvalid", "SharedFailureDomain"} {
		if !slices.Contains(told, one) {
			t.Errorf("%s was not found in the manuals, which have %v", one, told)
		}
	}
}

type panel struct {
	ID         int    `json:"id"`
	Type       string `json:"type"`
	Title      string `json:"title"`
	Datasource *struct {
		UID string `json:"uid"`
	} `json:"datasource"`
	FieldConfig struct {
		Defaults struct {
			Unit string `json:"unit"`
		} `json:"defaults"`
	} `json:"fieldConfig"`
	Targets []struct {
		Expr         string `json:"expr"`
		LegendFormat string `json:"legendFormat"`
	} `json:"targets"`
	Panels []panel `json:"panels"`
}

var labelValues = regexp.MustCompile(`^label_values\((.*), (\w+)\)$`)

// The dashboard names metrics and labels that are there, every panel has a unit, and the data source is chosen.
func TestTheDashboardNamesWhatTheCodeHas(t *testing.T) {
	text, err := os.ReadFile(dashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		UID        string  `json:"uid"`
		Panels     []panel `json:"panels"`
		Templating struct {
			List []struct {
				Name       string `json:"name"`
				Type       string `json:"type"`
				Definition string `json:"definition"`
			} `json:"list"`
		} `json:"templating"`
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	known := documented(t)
	variables := make(map[string]bool)
	for _, v := range dashboard.Templating.List {
		variables[v.Name] = true
		if v.Type != "query" {
			continue
		}
		m := labelValues.FindStringSubmatch(v.Definition)
		if m == nil {
			t.Errorf("variable %s: %s", v.Name, v.Definition)
			continue
		}
		if labels, err := known.read(m[1]); err != nil || !slices.Contains(labels, m[2]) {
			t.Errorf("variable %s: %s: %v", v.Name, v.Definition, err)
		}
	}
	for _, name := range []string{"datasource", "server", "zone"} {
		if !variables[name] {
			t.Errorf("there is no variable %s", name)
		}
	}
	if dashboard.UID == "" || len(dashboard.Panels) == 0 {
		t.Errorf("a dashboard %q with %d panels", dashboard.UID, len(dashboard.Panels))
	}
	ids := make(map[int]bool)
	for _, p := range dashboard.Panels {
		if p.ID <= 0 || ids[p.ID] {
			t.Errorf("%s: id %d", p.Title, p.ID)
		}
		ids[p.ID] = true
		if p.Type == "row" {
			if len(p.Panels) > 0 {
				t.Errorf("%s is collapsed: its panels are not looked at", p.Title)
			}
			continue
		}
		if p.FieldConfig.Defaults.Unit == "" || p.Datasource == nil || p.Datasource.UID != "${datasource}" || len(p.Targets) == 0 {
			t.Errorf("%s: unit %q, data source %v, %d queries", p.Title, p.FieldConfig.Defaults.Unit, p.Datasource, len(p.Targets))
		}
		for _, q := range p.Targets {
			labels, err := known.read(q.Expr)
			if err != nil {
				t.Errorf("%s: %v", p.Title, err)
			}
			for _, l := range fields(ofSeries, q.LegendFormat) {
				if err == nil && !slices.Contains(labels, l) {
					t.Errorf("%s: the legend has the label %s, and %s has not", p.Title, l, q.Expr)
				}
			}
		}
	}
}

// What is read of expressions here finds what is wrong with them.
func TestExpressionsAreRead(t *testing.T) {
	known := vocabulary{
		"up": {}, "coredns_a": {labels: []string{"zone", "state"}, text: "`serving`, `stale`"},
		"coredns_h_bucket": {labels: []string{"kind", "le"}}, "understudy:a:ratio": {labels: []string{"zone"}},
	}
	for _, c := range []struct{ text, labels, fault string }{
		{`coredns_a{state=~"serving|stale", zone=~"$zone"} == 1`, "instance job state zone", ""},
		{`coredns_a offset 5m unless ignoring (state) understudy:a:ratio > 2e3`, "instance job state zone", ""},
		{`sum by (zone) (rate(coredns_a[5m])) and on (job) up`, "zone", ""},
		{`histogram_quantile(0.9, sum by (le, kind) (rate(coredns_h_bucket[$__rate_interval])))`, "instance job kind le", ""},
		{`coredns_b > 0`, "", "no metric coredns_b"},
		{`coredns_h > 0`, "", "no metric coredns_h"},
		{`up and other:ratio > 0`, "", "no metric other:ratio"},
		{`coredns_a{primary="x"}`, "", "no label primary"},
		{`coredns_a{state="expired"}`, "", "no such value"},
		{`coredns_a{state="serving"`, "", "no end"},
		{`{state="serving"}`, "", "without a metric"},
		{`sum by (primary) (coredns_a)`, "", "no metric has the label primary"},
		{`coredns_a and on (kind) up`, "", "no metric has the label kind"},
		{`vector(1)`, "", "no metric in"},
	} {
		labels, err := known.read(c.text)
		if c.fault == "" && (err != nil || strings.Join(labels, " ") != c.labels) {
			t.Errorf("%s: %v, %v", c.text, labels, err)
		}
		if c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)) {
			t.Errorf("%s: %v", c.text, err)
		}
	}
}
