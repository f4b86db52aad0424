package checklist

import (
	"regexp"
	"strconv"
	"testing"
)

// guardRules is how many rules there are by which versions are judged.
const guardRules = 24

var guardRule = regexp.MustCompile(`\.TestRule(\d\d)`)

func TestEveryRuleIsShownThroughTheFrontDoor(t *testing.T) {
	found := map[int]bool{}
	for name := range testsOf(t) {
		if m := guardRule.FindStringSubmatch(name); m != nil {
			n, _ := strconv.Atoi(m[1]) // digits only
			found[n] = true
		}
	}
	for n := 1; n <= guardRules; n++ {
		if !found[n] {
			t.Errorf("there is no test of rule %d", n)
		}
	}
}
