package nswatch

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

func ago(minutes int) time.Time { return now.Add(-time.Duration(minutes) * time.Minute) }

func TestBehindIsSinceTheFirstNewerSerial(t *testing.T) {
	var h History
	if _, ok := h.Newest(); ok || !h.Behind(7).IsZero() {
		t.Error("nothing was seen yet")
	}
	for i, s := range []serial.Serial{7, 8, 10} {
		h.Note(s, ago(30-10*i))
	}
	h.Note(8, now) // somebody who is behind is no news
	for s, since := range map[serial.Serial]time.Time{10: {}, 11: {}, 9: ago(10), 8: ago(10), 7: ago(20), 3: ago(30)} {
		if got := h.Behind(s); !got.Equal(since) {
			t.Errorf("%s: since %v, not %v", s, got, since)
		}
	}
}

func TestBehindOverTheWrapAndAtItsEdge(t *testing.T) {
	var h History
	h.Note(1<<32-1, ago(20))
	h.Note(1, ago(10)) // RFC 1982 §3.2: it is newer
	if got := h.Behind(1<<32 - 1); !got.Equal(ago(10)) {
		t.Error(got)
	}
	if got := h.Behind(1 + 1<<31); !got.Equal(ago(20)) { // neither newer nor older than 1, and older than the one before
		t.Error(got)
	}
}

func TestTheHistoryIsBounded(t *testing.T) {
	var h History
	for i := range 2 * mostSerials {
		h.Note(serial.Serial(i+1), ago(2*mostSerials-i))
	}
	if len(h.seen) != mostSerials {
		t.Errorf("%d", len(h.seen))
	}
	if got := h.Behind(1); !got.Equal(ago(mostSerials)) {
		t.Error(got)
	}
}

// What is here may go back on purpose: then the others are not ahead.
func TestAPublicationThatGoesBackBeginsAnew(t *testing.T) {
	var h History
	h.Note(9, ago(10))
	h.Published(5, ago(5))
	if got, _ := h.Newest(); got != 5 || !h.Behind(5).IsZero() {
		t.Error(got)
	}
}

func TestLagIsToldOnceREFRESHHasPassed(t *testing.T) {
	for name, c := range map[string]struct {
		since int // minutes, that serial 8 is known for
		text  string
		bad   bool
	}{
		"as long as a secondary may sleep": {59, "", false},
		"longer":                           {61, "has serial 7, which is not in step with 8", false},
		"half of EXPIRE":                   {12*60 + 1, "has serial 7", true},
	} {
		t.Run(name, func(t *testing.T) {
			var h History
			h.Note(8, ago(c.since))
			r := round(says(first, 8), says(second, 7), Seen{Server: third, UDP: errBroken, TCP: errBroken})
			out := Judge(r, &h, new(Repeats))
			at := Subject{Kind: Lag, Server: second}
			want(t, out, at, c.text)
			want(t, out, Subject{Kind: Lag, Server: first}, "")
			want(t, out, Subject{Kind: Lag, Server: third}, "?")
			if c.text != "" && critical(t, out, at) != c.bad {
				t.Error("critical is", !c.bad)
			}
			if InStep(r, &h) {
				t.Error("they are not in step")
			}
		})
	}
}

// Who does not answer holds up nothing.
func TestInStepIsWhoAnswers(t *testing.T) {
	var h History
	h.Note(7, now)
	if !InStep(round(says(first, 7), Seen{Server: second, UDP: errBroken, TCP: errBroken}), &h) {
		t.Error("it is not")
	}
}

func TestAHistoryIsSaved(t *testing.T) {
	var h, read History
	for i, s := range []serial.Serial{1<<32 - 2, 1<<32 - 1, 5} {
		h.Note(s, ago(30-10*i))
	}
	text, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	for _, s := range []serial.Serial{1<<32 - 3, 1<<32 - 2, 1<<32 - 1, 0, 5, 6} {
		if got, want := read.Behind(s), h.Behind(s); !got.Equal(want) {
			t.Errorf("%s: since %v, not %v", s, got, want)
		}
	}
	for _, bad := range []string{
		`{}`, `[{"serial":-1}]`, `[{"serial":2},{"serial":1}]`, `[{"serial":1},{"serial":1}]`,
		`[{"serial":1,"at":"2026-11-28T00:00:00Z"},{"serial":2,"at":"2026-11-27T00:00:00Z"}]`,
	} {
		if err := json.Unmarshal([]byte(bad), &read); err == nil {
			t.Errorf("%s: no error", bad)
		}
		if newest, ok := read.Newest(); !ok || newest != 5 {
			t.Errorf("%s: what was known is lost", bad)
		}
	}
}

// FuzzHistory reads what may be in a file, and says the same when it is written and read again.
func FuzzHistory(f *testing.F) {
	f.Add(`[{"serial":1,"at":"2026-11-28T00:00:00Z"},{"serial":2,"at":"2026-11-28T00:00:01Z"}]`)
	f.Fuzz(func(t *testing.T, text string) {
		var h, again History
		if json.Unmarshal([]byte(text), &h) != nil {
			return
		}
		if len(h.seen) > mostSerials {
			t.Fatalf("%d are remembered", len(h.seen))
		}
		written, err := json.Marshal(h)
		if err != nil {
			return // a year that JSON has not
		}
		if err := json.Unmarshal(written, &again); err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if second, err := json.Marshal(again); err != nil || string(second) != string(written) {
			t.Fatalf("%s, then %s", written, second)
		}
	})
}
