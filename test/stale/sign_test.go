package stale_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// signed is a text signed by BIND's tools, with NSEC3, and valid until expiry.
func signed(t *testing.T, text string, expiry time.Time) string {
	t.Helper()
	dir := t.TempDir()
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return strings.TrimSpace(string(out))
	}
	if err := os.WriteFile(filepath.Join(dir, "db"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	key := run("dnssec-keygen", "-q", "-f", "KSK", "-a", "ECDSAP256SHA256", "-n", "ZONE", zone)
	run("dnssec-signzone", "-q", "-S", "-z", "-P", "-K", dir, "-3", "-", "-H", "0", "-O", "full",
		"-e", fmt.Sprint(expiry.UTC().Format("20060102150405")), "-o", zone, "-f", "db.signed", "db", key)
	out, err := os.ReadFile(filepath.Join(dir, "db.signed"))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
