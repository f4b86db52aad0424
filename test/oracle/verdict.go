package oracle

import (
	"slices"
)

// Case is one question with all that was answered.
type Case struct {
	Zone     *Zone
	Question Question
	Ours     *Answer
	Peers    []*Answer // bind, nsd, knot; nil for one that does not serve the zone
}

// agreed is the answer that at least two peers give, and nil if no two agree.
func (c *Case) agreed() *Answer {
	for i, a := range c.Peers {
		for _, b := range c.Peers[i+1:] {
			if a != nil && b != nil && a.key() == b.key() {
				return a
			}
		}
	}
	return nil
}

// acceptable are the answers of which ours must be one.
func (c *Case) acceptable() []*Answer {
	if a := c.agreed(); a != nil {
		return []*Answer{a}
	}
	return slices.DeleteFunc(slices.Clone(c.Peers), func(a *Answer) bool { return a == nil })
}

// verdict is empty if ours is acceptable, else the class of the difference to
// the acceptable answer that is nearest.
func (c *Case) verdict() string {
	nearest := ""
	for _, want := range c.acceptable() {
		class := difference(c.Ours, want)
		if class == "" {
			return ""
		}
		if nearest == "" || rank(class) > rank(nearest) {
			nearest = class
		}
	}
	return nearest
}

// classes of difference, the gravest first.
var classes = []string{"no answer", "rcode", "AA", "answer", "authority"}

func rank(class string) int { return slices.Index(classes, class) }

func difference(got, want *Answer) string {
	switch {
	case got.key() == want.key():
		return ""
	case got.Problem != "" || want.Problem != "":
		return "no answer"
	case got.Rcode != want.Rcode:
		return "rcode"
	case got.AA != want.AA:
		return "AA"
	case !slices.Equal(got.Answer, want.Answer):
		return "answer"
	default:
		return "authority"
	}
}
