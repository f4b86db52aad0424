package nswatch

import (
	"slices"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

var www = Question{"www.example.org.", dns.TypeA}

// has is a server that answers the question.
func has(s Server, n serial.Serial, set Set) Seen {
	seen := says(s, n)
	seen.Sets[www] = set
	return seen
}

func TestDrift(t *testing.T) {
	const text = "answers with other records than it should: www.example.org. A"
	for name, c := range map[string]struct {
		here    Set // of serial 7
		content bool
		seen    []Seen
		want    [3]string
	}{
		"all agree":                 {"x", false, []Seen{has(first, 7, "x"), has(second, 7, "x"), has(third, 7, "x")}, [3]string{"", "", ""}},
		"one differs from here":     {"x", false, []Seen{has(first, 7, "x"), has(second, 7, "y")}, [3]string{"", text, "?"}},
		"most differ from here":     {"x", false, []Seen{has(first, 7, "x"), has(second, 7, "y"), has(third, 7, "y")}, [3]string{"", text, text}},
		"one has none of them":      {"x", false, []Seen{has(first, 7, "x"), has(second, 7, "")}, [3]string{"", text, "?"}},
		"another serial":            {"x", false, []Seen{has(first, 7, "x"), has(second, 6, "y")}, [3]string{"", "?", "?"}},
		"two at another serial":     {"x", false, []Seen{has(first, 6, "z"), has(second, 6, "y"), has(third, 6, "y")}, [3]string{text, "", ""}},
		"one does not answer it":    {"x", false, []Seen{has(first, 7, "x"), says(second, 7)}, [3]string{"", "?", "?"}},
		"one is silent":             {"x", false, []Seen{has(first, 7, "x"), {Server: second, UDP: errBroken, TCP: errBroken}}, [3]string{"", "?", "?"}},
		"serials mean nothing":      {"x", true, []Seen{has(first, 9, "x"), has(second, 1001, "x")}, [3]string{"", "", "?"}},
		"once is not enough for it": {"x", true, []Seen{has(first, 9, "x"), has(second, 1001, "y")}, [3]string{"", "", "?"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := round(c.seen...)
			r.Content, r.Here.Loaded, r.Here.Serial, r.Here.Sets = c.content, true, 7, map[Question]Set{www: c.here}
			out := judged(r)
			for i, s := range []Server{first, second, third} {
				want(t, out, Subject{Kind: Drift, Server: s}, c.want[i])
			}
		})
	}
}

// By content, a server must differ in the same way three times. To be silent in between changes nothing; to agree does.
func TestDriftByContentMustBeSeenThreeTimes(t *testing.T) {
	silent := Seen{Server: second, UDP: errBroken, TCP: errBroken}
	for name, c := range map[string]struct {
		rounds []Seen
		text   string
	}{
		"twice":                {[]Seen{has(second, 1, "y"), has(second, 1, "y")}, ""},
		"three times":          {[]Seen{has(second, 1, "y"), has(second, 2, "y"), has(second, 3, "y")}, "www"},
		"each time otherwise":  {[]Seen{has(second, 1, "y"), has(second, 1, "z"), has(second, 1, "y")}, ""},
		"and agreed":           {[]Seen{has(second, 1, "y"), has(second, 1, "y"), has(second, 1, "x"), has(second, 1, "y")}, ""},
		"and was silent":       {[]Seen{has(second, 1, "y"), has(second, 1, "y"), silent, has(second, 1, "y")}, "www"},
		"three times and ends": {[]Seen{has(second, 1, "y"), has(second, 1, "y"), has(second, 1, "y"), has(second, 1, "x")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			again, h := new(Repeats), new(History)
			var out *Report
			for _, seen := range c.rounds {
				r := round(has(first, 7, "x"), seen)
				r.Content, r.Here.Loaded, r.Here.Sets = true, true, map[Question]Set{www: "x"}
				out = Judge(r, h, again)
			}
			want(t, out, Subject{Kind: Drift, Server: second}, c.text)
		})
	}
}

// What differed is asked again, for it is not over because something else was asked.
func TestWhatDifferedIsAskedAgain(t *testing.T) {
	again := new(Repeats)
	r := round(has(first, 7, "x"), has(second, 7, "y"), has(third, 7, "x"))
	Judge(r, new(History), again)
	if got := again.Asked(); !slices.Equal(got, []Question{www}) {
		t.Errorf("%v", got)
	}
}
