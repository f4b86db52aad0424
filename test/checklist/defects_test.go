package checklist

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// defects is how many things the stock plugin gets wrong.
const defects = 27

var (
	defect = regexp.MustCompile(`\.Test(?:D\d\d)+`)
	number = regexp.MustCompile(`D(\d\d)`)
)

// defectsIn are the numbers that the name of a test begins with, such as 19 and 21 of defects.TestD19D21TenThousandZones.
func defectsIn(name string) (list []int) {
	for _, m := range number.FindAllStringSubmatch(defect.FindString(name), -1) {
		n, _ := strconv.Atoi(m[1]) // digits only
		list = append(list, n)
	}
	return list
}

func TestEveryDefectIsThere(t *testing.T) {
	found := map[int]bool{}
	for name := range testsOf(t) {
		for _, n := range defectsIn(name) {
			if found[n] = true; n < 1 || n > defects {
				t.Errorf("%s: there is no defect %d", name, n)
			}
		}
	}
	for n := 1; n <= defects; n++ {
		if !found[n] {
			t.Errorf("there is no test of defect %d", n)
		}
	}
}

// rules are those that hold for every zone, whatever its Corefile says.
var rules = []string{"09", "12", "19", "21", "23", "24"}

func TestEveryRuleIsThere(t *testing.T) {
	var names []string
	for name := range testsOf(t) {
		names = append(names, name)
	}
	for _, r := range rules {
		if !slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, "rules.TestRule"+r) }) {
			t.Errorf("there is no test of rule %s", r)
		}
	}
}
