package events

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC)

// held is an alert as serialguard fires it.
func held(digest string) Alert {
	return Alert{
		Name:     "CandidateHeld",
		Severity: Critical,
		Labels:   map[string]string{"zone": "example.org."},
		Summary:  `The zone lost "most" of its records & is held.`,
		Details:  map[string]string{"serial": "2024070101", "digest": digest},
		StartsAt: noon,
	}
}

const goldenFiring = `{"version":1,"alert":"CandidateHeld","state":"firing","severity":"critical",` +
	`"labels":{"zone":"example.org."},"summary":"The zone lost \"most\" of its records & is held.",` +
	`"details":{"digest":"ab12","serial":"2024070101"},"startsAt":"2024-07-01T12:00:00Z"}`

const goldenResolved = `{"version":1,"alert":"CandidateHeld","state":"resolved","severity":"critical",` +
	`"labels":{"zone":"example.org."},"summary":"The zone lost \"most\" of its records & is held.",` +
	`"details":{"digest":"ab12","serial":"2024070101"},"startsAt":"2024-07-01T12:00:00Z","endsAt":"2024-07-01T12:30:00.5Z"}`

const goldenList = `[{"labels":{"alertname":"CandidateHeld","severity":"critical","zone":"example.org."},` +
	`"annotations":{"digest":"ab12","serial":"2024070101","summary":"The zone lost \"most\" of its records & is held."},` +
	`"startsAt":"2024-07-01T12:00:00Z","endsAt":"2024-07-01T12:34:00Z"},` +
	`{"labels":{"alertname":"CandidateHeld","severity":"critical","zone":"example.org."},` +
	`"annotations":{"digest":"ab12","serial":"2024070101","summary":"The zone lost \"most\" of its records & is held."},` +
	`"startsAt":"2024-07-01T12:00:00Z","endsAt":"2024-07-01T12:30:00.5Z"}]`

func TestTheDocumentsAreThese(t *testing.T) {
	now := noon.Add(30 * time.Minute)
	firing := normalize(held("ab12"), now)
	resolved := firing.resolved(now.Add(500 * time.Millisecond))
	for _, c := range []struct{ got, want string }{
		{string(encodeTransition(firing)), goldenFiring},
		{string(encodeTransition(resolved)), goldenResolved},
		{string(encodeStates([]*event{firing, resolved}, now)), goldenList},
		{string(encodeTransition(normalize(Alert{Name: "A", StartsAt: noon}, now))), `{"version":1,"alert":"A",` +
			`"state":"firing","severity":"warning","labels":{},"summary":"","details":{},"startsAt":"2024-07-01T12:00:00Z"}`},
	} {
		if got := strings.TrimSuffix(c.got, "\n"); got != c.want {
			t.Errorf("%s\nwant\n%s", got, c.want)
		}
	}
}

func TestAnEndIsNotBeforeItsBeginning(t *testing.T) {
	e := normalize(held(""), noon)
	if got := e.resolved(noon.Add(-time.Hour)); !got.ends.Equal(noon) || got.firing() || !e.firing() {
		t.Errorf("%s", got.ends)
	}
}

// FuzzDocuments makes alerts of any text. The documents are JSON, and say the same after reading as before.
func FuzzDocuments(f *testing.F) {
	f.Add("A", "critical", "zone", "example.", "summary", "reason", "text", int64(1))
	f.Add("\x00\xff", "\"", "a\"b", "\u2028<&>", "\\", "\xed\xa0\x80", "\x1b[31m", int64(-1)<<62)
	f.Fuzz(func(t *testing.T, name, severity, label, value, summary, detail, text string, starts int64) {
		a := Alert{
			Name: name, Severity: Severity(severity), Labels: map[string]string{label: value},
			Summary: summary, Details: map[string]string{detail: text}, StartsAt: time.Unix(starts, 0),
		}
		e := normalize(a, noon)
		var d transition
		if err := json.Unmarshal(encodeTransition(e), &d); err != nil {
			t.Fatal(err)
		}
		if d.Alert != e.name || d.Summary != e.summary || len(d.Labels) != len(e.labels) || !d.StartsAt.Equal(e.starts) {
			t.Fatalf("%+v became %+v", e, d)
		}
		var list []posted
		if err := json.Unmarshal(encodeStates([]*event{e, e.resolved(noon)}, noon), &list); err != nil || len(list) != 2 {
			t.Fatal(list, err)
		}
		p := list[0]
		if p.Labels["alertname"] != e.name || p.Labels["severity"] != e.severity || p.Annotations["summary"] != e.summary {
			t.Fatalf("%+v became %+v", e, p)
		}
		if p.EndsAt.Before(p.StartsAt) || list[1].EndsAt.Before(list[1].StartsAt) {
			t.Fatalf("ends before it starts: %+v", list)
		}
		for key := range p.Labels {
			if labelName(key) != key {
				t.Fatalf("the label %q", key)
			}
		}
	})
}
