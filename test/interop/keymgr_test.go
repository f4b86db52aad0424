package interop_test

import (
	"os/exec"
	"testing"

	"github.com/understudy-dns/understudy/test/peer"
)

// keymgr runs Knot's key tool in the directory of a running knotd.
func keymgr(t *testing.T, s *peer.Server, args ...string) {
	t.Helper()
	path, err := exec.LookPath("keymgr")
	if err != nil {
		path = "/usr/sbin/keymgr"
	}
	cmd := exec.Command(path, append([]string{"-c", "knot.conf"}, args...)...)
	cmd.Dir = s.Dir()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("keymgr %q: %v\n%s", args, err, out)
	}
}
