package checklist

import (
	"regexp"
	"strconv"
	"testing"
)

// drills is how many failure drills there are.
const drills = 48

// drillsNotYet are those whose feature is not there.
var drillsNotYet = numbers()

var drill = regexp.MustCompile(`\.TestDrill(\d\d)`)

func TestEveryDrillIsThere(t *testing.T) {
	found := map[int]bool{}
	for name := range testsOf(t) {
		if m := drill.FindStringSubmatch(name); m != nil {
			n, _ := strconv.Atoi(m[1]) // digits only
			found[n] = true
		}
	}
	for n := 1; n <= drills; n++ {
		switch {
		case !found[n] && !drillsNotYet[n]:
			t.Errorf("there is no drill %d", n)
		case found[n] && drillsNotYet[n]:
			t.Errorf("drill %d is there: take it from the list", n)
		}
	}
}
