package oracle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// Tally is what a run found.
type Tally struct {
	Asked, Agreed int
	Failed        map[string]int // by class
	Chosen        map[string]int // by choice
	BadProofs     map[string]int // by server
	Notes         map[string]int // loose differences
	Zones         map[string]int // failures by zone
	alike         map[string]int // failures by class and zone
	shown         []string
}

// shownFailures bounds what is printed in full, of each kind two at most.
const shownFailures = 20

func newTally() *Tally {
	return &Tally{
		Failed: map[string]int{}, Chosen: map[string]int{},
		BadProofs: map[string]int{}, Notes: map[string]int{}, Zones: map[string]int{}, alike: map[string]int{},
	}
}

// judge adds one case.
func (t *Tally) judge(c *Case) {
	t.Asked++
	if c.agreed() != nil {
		t.Agreed++
	}
	for i, p := range c.Peers {
		if p != nil && c.disproved(p) != nil {
			t.BadProofs[peerNames[i]]++
		}
	}
	if c.Ours == nil {
		return
	}
	class := c.verdict()
	if class != "" {
		if name := c.chosen(); name != "" {
			t.Chosen[name]++
		} else {
			t.fail(c, class, "")
		}
	}
	if err := c.disproved(c.Ours); err != nil {
		t.fail(c, "proof", err.Error())
	}
	if missing := c.Zone.missingGlue(c.Ours); missing != nil {
		t.fail(c, "glue", strings.Join(missing, "\n"))
	}
	if wrong := c.Zone.misspelt(c.Ours); wrong != nil {
		t.fail(c, "spelling", strings.Join(wrong, "\n"))
	}
	if again := c.Ours.repeated(); again != nil {
		t.fail(c, "repeated", strings.Join(again, "\n"))
	}
	t.note(c)
}

// disproved is why a validator would reject the answer; nil if it would not,
// or has nothing to go by.
func (c *Case) disproved(a *Answer) error {
	if !c.Zone.Signed() || c.Zone.Unprovable || !c.Question.DO || a.Msg == nil || !labelsOf(c.Question.Name).under(labelsOf(c.Zone.Name)) {
		return nil
	}
	return c.Zone.proven(c.Question, a.Msg)
}

// unprovable says that ours shows all there is of a denial that no NSEC3 proves.
func (c *Case) unprovable() bool {
	if c.Zone.Denial != OptOut || !c.Question.DO || c.Ours.Msg == nil || find(c.Ours.Msg.Ns, dns.TypeSOA) == nil {
		return false
	}
	p := c.prover(c.Ours)
	end, _ := p.end()
	d, isNSEC3 := p.collect().(*nsec3Proof)
	return isNSEC3 && d.unprovable(end)
}

// note counts what may differ, the additional section, and what is not proved because nothing proves it.
func (t *Tally) note(c *Case) {
	if c.unprovable() {
		t.Notes["denials that opt-out makes unprovable"]++
	}
	for i, p := range c.Peers {
		if p != nil && slices.Equal(p.Additional, c.Ours.Additional) {
			t.Notes["additional as "+peerNames[i]]++
			return
		}
	}
	t.Notes["additional as no peer"]++
}

func (t *Tally) fail(c *Case, class, detail string) {
	t.Failed[class]++
	t.Zones[c.Zone.Name]++
	t.alike[class+c.Zone.Name]++
	if len(t.shown) < shownFailures && t.alike[class+c.Zone.Name] <= 2 {
		t.shown = append(t.shown, c.describe(class, detail))
	}
}

// Failures is how many cases failed.
func (t *Tally) Failures() int {
	sum := 0
	for _, n := range t.Failed {
		sum += n
	}
	return sum
}

func (t *Tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d questions; on %d at least two peers agree\n", t.Asked, t.Agreed)
	for _, part := range []struct {
		title  string
		counts map[string]int
	}{{"failed", t.Failed}, {"failed by zone", t.Zones}, {"chosen", t.Chosen}, {"peers' answers that do not validate", t.BadProofs}, {"noted", t.Notes}} {
		if len(part.counts) > 0 {
			fmt.Fprintf(&b, "%s: %v\n", part.title, part.counts)
		}
	}
	return b.String()
}

// describe shows the four answers one below the other: records are too long
// for columns. Servers that say the same share a paragraph.
func (c *Case) describe(class, detail string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: zone %s: %s\n", class, c.Zone.Name, c.Question)
	if detail != "" {
		fmt.Fprintf(&b, "    %s\n", strings.ReplaceAll(detail, "\n", "\n    "))
	}
	names := append([]string{"ours"}, peerNames...)
	answers := append([]*Answer{c.Ours}, c.Peers...)
	done := map[string]bool{}
	for _, a := range answers {
		if a == nil || done[a.key()] {
			continue
		}
		done[a.key()] = true
		var who []string
		for i, other := range answers {
			if other != nil && other.key() == a.key() {
				who = append(who, names[i])
			}
		}
		fmt.Fprintf(&b, "  %s: %s\n", strings.Join(who, ", "), a)
	}
	return b.String()
}

// peerNames are the peers in the order of Case.Peers.
var peerNames = []string{"bind", "nsd", "knot"}
