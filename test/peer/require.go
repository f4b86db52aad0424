package peer

import (
	"os"
	"os/exec"
	"testing"
)

// program is what an implementation needs on the machine.
type program struct {
	daemon   string
	commands []string
	apt      string
}

var programs = map[Kind]program{
	Knot:  {"knotd", []string{"knotc", "keymgr"}, "knot"},
	Named: {"named", []string{"rndc", "nsupdate"}, "bind9 bind9-dnsutils"},
	NSD:   {"nsd", []string{"nsd-control"}, "nsd"},
}

// Kinds are all implementations, for tests that go over them.
func Kinds() []Kind { return []Kind{Knot, Named, NSD} }

// Require skips the test if an implementation is not installed. With CI=true in
// the environment the test fails instead, and names the Debian package.
func Require(t testing.TB, kinds ...Kind) {
	t.Helper()
	for _, k := range kinds {
		p, known := programs[k]
		if !known {
			t.Fatalf("unknown peer %q", k)
		}
		for _, name := range append([]string{p.daemon}, p.commands...) {
			RequireProgram(t, name, p.apt)
		}
	}
}

// RequireProgram is Require for any other program, with its Debian package.
func RequireProgram(t testing.TB, name, apt string) {
	t.Helper()
	if _, ok := find(name); ok {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: apt-get install %s", name, apt)
	}
	t.Skipf("%s is missing: apt-get install %s", name, apt)
}

// find looks in PATH and in the directories of system daemons, which are not
// in everybody's PATH.
func find(name string) (string, bool) {
	if path, err := exec.LookPath(name); err == nil {
		return path, true
	}
	for _, dir := range []string{"/usr/sbin/", "/usr/local/sbin/", "/sbin/"} {
		if path, err := exec.LookPath(dir + name); err == nil {
			return path, true
		}
	}
	return "", false
}

// path is find for a program that Require has seen.
func path(name string) string {
	p, ok := find(name)
	if !ok {
		return name
	}
	return p
}
