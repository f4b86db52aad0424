package binary

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/coredns/coredns/coremain"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/understudy"
)

func output(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).Output()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return string(out)
}

// The plugin.cfg of the CoreDNS that we build with says what stock CoreDNS has; the binary lists what it has.
func TestThePluginsAreThoseOfStockCoreDNSAndOurs(t *testing.T) {
	dir := strings.TrimSpace(output(t, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/coredns/coredns"))
	list, err := os.ReadFile(filepath.Join(dir, "plugin.cfg"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"nsfailover", "secondaryplus", "serialguard"}
	for _, line := range strings.Split(string(list), "\n") {
		name, _, entry := strings.Cut(line, ":")
		if entry && !strings.HasPrefix(line, "#") {
			want = append(want, name)
		}
	}
	got := strings.Fields(output(t, understudy.Binary(t), "-plugins"))
	for _, name := range want {
		// "on" is caddy's event directive: it is listed under its own short name.
		if !slices.Contains(got, name) {
			t.Errorf("%s is missing", name)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d plugins, want %d: %v", len(got), len(want), got)
	}
}

func TestTheVersionIsThatOfCoreDNS(t *testing.T) {
	if got := output(t, understudy.Binary(t), "-version"); !strings.HasPrefix(got, "CoreDNS-"+coremain.CoreVersion+"\n") {
		t.Errorf("-version printed %q", got)
	}
}

func TestTheDefaultPortIsTheOneGiven(t *testing.T) {
	s := understudy.New(t, understudy.Config{
		Corefile: "example.org {\n bind 127.0.0.1\n whoami\n}\n# {{port}}",
	})
	_, port, _ := strings.Cut(s.Addr(), ":")
	understudy.Start(t, understudy.Config{
		Corefile: "example.org {\n bind 127.0.0.1\n whoami\n}\n",
		Args:     []string{"-dns.port", port},
	})
	if m := ask.Ask(t, "127.0.0.1:"+port, "example.org.", dns.TypeA); m.Rcode != dns.RcodeSuccess {
		t.Errorf("answered %v", m)
	}
}

func TestABrokenCorefileIsRefusedWithFileAndLine(t *testing.T) {
	for _, c := range []struct{ name, corefile, want string }{
		{"an unknown property", "example.org:{{port}} {\n secondaryplus {\n  transfer from 127.0.0.1\n  persits /tmp\n }\n}", ":4 - Error during parsing: unknown property 'persits'"},
		{"a key that the tsig plugin does not have", "example.org:{{port}} {\n secondaryplus {\n  transfer from 127.0.0.1 key k.\n }\n}", ":3 - Error during parsing: key 'k.' is not defined"},
		{"no primary", "example.org:{{port}} {\n secondaryplus\n}", "has no 'transfer from'"},
	} {
		_, err := understudy.TryStart(t, understudy.Config{Corefile: c.corefile})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "plugin/secondaryplus: ") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
