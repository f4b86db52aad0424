package events

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of an alert, the texts in octets. A name of a zone has no more than 1004, escaped.
const (
	mostLabels   = 16
	mostDetails  = 32
	longestName  = 128
	longestLabel = 1024
	longestText  = 4096
)

// normalize makes an alert that fires an event.
func normalize(a Alert, now time.Time) *event {
	e := &event{
		name:     cut(a.Name, longestName),
		severity: cut(string(a.Severity), longestName),
		summary:  cut(a.Summary, longestText),
		labels:   normalLabels(a.Labels),
		details:  pairs(a.Details, mostDetails, longestText, "summary"),
		starts:   moment(a.StartsAt, now),
	}
	if e.severity == "" {
		e.severity = string(Warning)
	}
	return e
}

func normalLabels(labels map[string]string) []pair {
	return pairs(labels, mostLabels, longestLabel, "alertname", "severity")
}

// pairs are those of a map, in order of their names.
func pairs(m map[string]string, most, longest int, taken ...string) (list []pair) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		p := pair{labelName(key), cut(m[key], longest)}
		if p.value != "" && !slices.Contains(taken, p.name) {
			list = append(list, p)
		}
	}
	slices.SortStableFunc(list, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	list = slices.CompactFunc(list, func(a, b pair) bool { return a.name == b.name })
	return slices.Clip(list[:min(len(list), most)])
}

// labelName makes a text a name that every Alertmanager takes: one of them that it refuses costs the alert.
func labelName(text string) string {
	name := strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, text[:min(len(text), longestName)])
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return "_" + name
	}
	return name
}

// cut makes a text UTF-8 that is not much longer than a number of octets.
func cut(text string, longest int) string {
	if len(text) > longest {
		end := longest
		for end > longest-utf8.UTFMax && !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end] + "…"
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// moment is a time as documents have it: in UTC, to the millisecond. What is not set, or in the future, is now.
func moment(t, now time.Time) time.Time {
	if t.Unix() <= 0 || t.After(now) {
		t = now
	}
	return t.Round(0).UTC().Truncate(time.Millisecond)
}
