package oracle

import (
	"os"
	"os/exec"
	"testing"
)

// tools are what the test runs besides the peers, by Debian package.
var tools = map[string]string{
	"dnssec-keygen": "bind9-utils", "dnssec-signzone": "bind9-utils",
	"kzonesign": "knot-dnssecutils", "unbound": "unbound",
	"ldns-verify-zone": "ldnsutils",
}

// requireTools skips the test where a tool is missing, and fails it in CI.
func requireTools(t *testing.T) {
	t.Helper()
	for tool, pkg := range tools {
		if located(tool) != "" {
			continue
		}
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing: apt-get install %s", tool, pkg)
		}
		t.Skipf("%s is missing: apt-get install %s", tool, pkg)
	}
}

// located looks in PATH and where system daemons are.
func located(tool string) string {
	for _, name := range []string{tool, "/usr/sbin/" + tool} {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	return ""
}
