package zonemd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

const zone = "example.org."

// calm does nothing by itself for an hour, but tries again soon.
func calm(serial uint32, hosts int) string { return primary.Text(serial, hosts, 3600, 1, 86400) }

// corefile has lines of our stanza.
func corefile(from string, lines ...string) string {
	return strings.Join([]string{
		zone + ":{{port}} {", "bind 127.0.0.1", "errors", "transfer {\nto *\n}", "prometheus 127.0.0.1:{{port:metrics}}",
		"secondaryplus {", "transfer from " + from, "retry 1s 1s", strings.Join(lines, "\n"), "}", "}", "",
	}, "\n")
}

// start starts a scripted primary with a text, and ours, which serves it.
func start(t *testing.T, text string, lines ...string) (*primary.Primary, *understudy.Server) {
	t.Helper()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, text)
	s := understudy.Start(t, understudy.Config{Corefile: corefile(p.Addr(), lines...)})
	ask.WaitSerial(t, s.Addr(), zone, 1)
	return p, s
}

func publish(t *testing.T, p *primary.Primary, s *understudy.Server, text string) {
	t.Helper()
	p.Publish(t, text)
	if m := p.NotifyTo(t, s.Addr(), nil); m.Rcode != dns.RcodeSuccess {
		t.Errorf("the NOTIFY is answered %s", dns.RcodeToString[m.Rcode])
	}
}

// tool runs a program of ldns in a directory.
func tool(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	peer.RequireProgram(t, name, "ldnsutils")
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, complaint.String())
	}
	return strings.TrimSpace(string(out))
}

// digested is a zone file with a digest that ldns-signzone made. Without flags, nothing is signed.
func digested(t *testing.T, text string, flags ...string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "zone", text)
	args := append([]string{"-o", zone, "-f", "out"}, flags...)
	if len(flags) > 0 {
		args = append(args, "zone", tool(t, dir, "ldns-keygen", "-a", "ECDSAP256SHA256", "-k", zone))
	} else {
		args = append(args, "-Z", "-z", "simple:sha384", "zone")
	}
	tool(t, dir, "ldns-signzone", args...)
	out, err := os.ReadFile(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), "ZONEMD") {
		t.Fatalf("there is no ZONEMD in\n%s", out)
	}
	return string(out)
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
