package events

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestAnAlertIsMadeWhatSinksTake(t *testing.T) {
	now := time.Date(2024, 7, 1, 12, 0, 0, 123456789, time.FixedZone("CEST", 7200))
	e := normalize(Alert{
		Name: "A\xff",
		Labels: map[string]string{
			"zone": "example.", "ns-name": "b", "ns_name": "c", "2nd": "x", "é": "y", "": "z",
			"empty": "", "alertname": "B", "severity": "no",
		},
		Summary: "x" + strings.Repeat("ä", longestText),
		Details: map[string]string{"summary": "other", "serial": "1"},
	}, now)
	if got := fmt.Sprint(e.labels); got != "[{_ z} {_2nd x} {ns_name b} {zone example.}]" {
		t.Error(got)
	}
	if got := fmt.Sprint(e.name, " ", e.severity, " ", e.details); got != "A\uFFFD warning [{serial 1}]" {
		t.Error(got)
	}
	if len(e.summary) > longestText+len("…") || !strings.HasSuffix(e.summary, "ä…") || strings.Contains(e.summary, "\uFFFD") {
		t.Errorf("%d octets, the last are %q", len(e.summary), e.summary[len(e.summary)-8:])
	}
	if got := e.starts.Format(time.RFC3339Nano); got != "2024-07-01T10:00:00.123Z" {
		t.Error(got)
	}
}

func TestAnAlertIsBounded(t *testing.T) {
	many := map[string]string{}
	for i := range 1000 {
		many[fmt.Sprintf("%s%03d", strings.Repeat("x", i%2*longestName), i)] = strings.Repeat("\xff", 2*longestText)
	}
	e := normalize(Alert{Labels: many, Details: many}, time.Now())
	if len(e.labels) != mostLabels || len(e.details) != mostDetails || e.weight() > 512<<10 {
		t.Errorf("%d labels, %d details, %d octets", len(e.labels), len(e.details), e.weight())
	}
}

func TestWhenItStarts(t *testing.T) {
	now := time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct{ given, want time.Time }{
		{time.Time{}, now},
		{now.Add(time.Hour), now},
		{time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), now},
		{now.Add(-time.Hour), now.Add(-time.Hour)},
	} {
		if got := moment(c.given, now); !got.Equal(c.want) {
			t.Errorf("%s: %s", c.given, got)
		}
	}
}

func TestIdentityHasNoHomonyms(t *testing.T) {
	seen := map[string]string{}
	for _, c := range []struct {
		name   string
		labels map[string]string
	}{
		{"A", nil},
		{"A", map[string]string{"b": "c"}},
		{"Ab", map[string]string{"b": "c"}},
		{"A", map[string]string{"bc": "c"}},
		{"A", map[string]string{"b": "c\x01d\x01e"}},
		{"A", map[string]string{"b": "c", "d": "e"}},
	} {
		key := identity(c.name, normalLabels(c.labels))
		if other, ok := seen[key]; ok {
			t.Errorf("%v is %s", c, other)
		}
		seen[key] = fmt.Sprint(c)
	}
}

func FuzzCut(f *testing.F) {
	f.Add("äöü", 3)
	f.Add("\xf0\x9f\x98", 2)
	f.Fuzz(func(t *testing.T, text string, longest int) {
		longest = 8 + longest&0xFF
		got := cut(text, longest)
		if !utf8.ValidString(got) || len(got) > 3*longest+len("…") {
			t.Fatalf("%q to %d: %q", text, longest, got)
		}
		if utf8.ValidString(text) && len(text) <= longest && got != text {
			t.Fatalf("%q became %q", text, got)
		}
	})
}
