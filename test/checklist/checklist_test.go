package checklist

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// requirements is how many there are.
const requirements = 86

// numbers is a set of ranges, both ends included.
func numbers(ranges ...[2]int) map[int]bool {
	set := map[int]bool{}
	for _, r := range ranges {
		for n := r[0]; n <= r[1]; n++ {
			set[n] = true
		}
	}
	return set
}

// requirement is one line of the table.
type requirement struct {
	number               int
	text, section, tests string
}

var line = regexp.MustCompile(`^\| (\d+) \| (.*) \| (.*) \| (.*) \|$`)

func requirementsOf(t *testing.T, table string) (list []requirement) {
	t.Helper()
	for _, l := range strings.Split(table, "\n") {
		if m := line.FindStringSubmatch(l); m != nil {
			n, _ := strconv.Atoi(m[1]) // digits only
			list = append(list, requirement{n, m[2], m[3], m[4]})
		} else if strings.HasPrefix(l, "|") && !strings.HasPrefix(l, "| | requirement") && l != "|---|---|---|---|" {
			t.Errorf("not a line of four columns: %s", l)
		}
	}
	return list
}

func TestEveryRequirementNamesItsTests(t *testing.T) {
	table, err := os.ReadFile("../rfc-checklist.md")
	if err != nil {
		t.Fatal(err)
	}
	left := numbers([2]int{1, requirements})
	tests := testsOf(t)
	for _, r := range requirementsOf(t, string(table)) {
		if !left[r.number] {
			t.Errorf("line %d is there twice, or beyond the last one", r.number)
		}
		delete(left, r.number)
		for _, problem := range r.problems(tests) {
			t.Errorf("line %d %s", r.number, problem)
		}
	}
	for n := range left {
		t.Errorf("line %d is missing", n)
	}
}

var (
	section   = regexp.MustCompile(`^(RFC \d{4} §\d+(\.\d+)*|own)$`)
	reference = regexp.MustCompile("^`([a-z0-9]+\\.[A-Za-z0-9_]+)`$")
	reason    = regexp.MustCompile(`^does not apply: .{20,}`)
)

// problems says what is wrong with a line.
func (r requirement) problems(tests map[string]bool) (list []string) {
	if len(r.text) < 10 {
		list = append(list, "does not say what is required")
	}
	if !section.MatchString(r.section) {
		list = append(list, "has no section: "+r.section)
	}
	if reason.MatchString(r.tests) {
		return list
	}
	for _, ref := range strings.Split(r.tests, ", ") {
		switch m := reference.FindStringSubmatch(ref); {
		case m == nil:
			list = append(list, "names something that is no test: "+ref)
		case !tests[m[1]]:
			list = append(list, "names a test that does not exist: "+m[1])
		}
	}
	return list
}

func TestProblemsOfALineAreSeen(t *testing.T) {
	tests := map[string]bool{"a.TestB": true}
	for _, c := range []struct {
		line requirement
		good bool
	}{
		{requirement{1, "something to do", "RFC 1034 §4.3.5", "`a.TestB`"}, true},
		{requirement{1, "something to do", "own", "does not apply: for a reason that is long enough"}, true},
		{requirement{1, "something to do", "RFC 1034", "`a.TestB`"}, false},
		{requirement{1, "something to do", "own", "`a.TestC`"}, false},
		{requirement{1, "something to do", "own", "`b.TestB`"}, false},
		{requirement{1, "something to do", "own", "`a.TestB`, `a.TestC`"}, false},
		{requirement{1, "something to do", "own", ""}, false},
		{requirement{1, "something to do", "own", "does not apply"}, false},
		{requirement{1, "", "own", "`a.TestB`"}, false},
	} {
		if got := c.line.problems(tests); (len(got) == 0) != c.good {
			t.Errorf("%+v: %q", c.line, got)
		}
	}
}
