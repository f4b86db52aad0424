// Package addin adds our plugins to a pristine CoreDNS, by the very lines that the README gives, builds it, and
// has it serve a zone.
package addin

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

const module = "github.com/understudy-dns/understudy"

func TestOurPluginsAddedToAPristineCoreDNS(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	tree := pristine(t)
	for _, line := range documented(t, root) {
		insert(t, filepath.Join(tree, "plugin.cfg"), line.after, line.text)
	}
	// Users name a version here; the test means the tree it is part of.
	run(t, tree, "go", "mod", "edit", "-require", module+"@v0.0.0", "-replace", module+"="+root)
	run(t, tree, "go", "generate", "coredns.go")
	binary := filepath.Join(t.TempDir(), "coredns")
	run(t, tree, "go", "build", "-mod=mod", "-o", binary, ".")
	serves(t, binary)
}

// pristine is a copy of CoreDNS as the module cache has it, which can be written.
func pristine(t *testing.T) string {
	t.Helper()
	cached := strings.TrimSpace(run(t, ".", "go", "list", "-m", "-f", "{{.Dir}}", "github.com/coredns/coredns"))
	tree := filepath.Join(t.TempDir(), "coredns")
	if err := os.CopyFS(tree, os.DirFS(cached)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(tree, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Chmod(path, 0o755)
		}
		return os.Chmod(path, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// pluginLine is a line for plugin.cfg in the README.
var pluginLine = regexp.MustCompile(`(?m)^(\w+:` + regexp.QuoteMeta(module) + `/plugin/\w+)$`)

// An insertion is a line that comes after another one.
type insertion struct{ after, text string }

// documented are the lines that the README gives for plugin.cfg, in their order.
func documented(t *testing.T, root string) (lines []insertion) {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, block, ok := strings.Cut(string(readme), "~~~ plugin.cfg\n")
	if !ok {
		t.Fatal("the README has no block for plugin.cfg")
	}
	block, _, _ = strings.Cut(block, "~~~")
	before := ""
	for line := range strings.Lines(block) {
		line = strings.TrimSpace(line)
		if pluginLine.MatchString(line) {
			lines = append(lines, insertion{before, line})
		}
		before = line
	}
	ours, err := filepath.Glob(filepath.Join(root, "plugin", "*", "setup.go"))
	if err != nil || len(ours) == 0 || len(lines) != len(ours) {
		t.Fatalf("the README has %d lines for plugin.cfg, and there are %d plugins (%v)", len(lines), len(ours), err)
	}
	return lines
}

func insert(t *testing.T, file, after, line string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count("\n"+string(text), "\n"+after+"\n") != 1 {
		t.Fatalf("plugin.cfg has no single line %q", after)
	}
	changed := strings.Replace("\n"+string(text), "\n"+after+"\n", "\n"+after+"\n"+line+"\n", 1)
	if err := os.WriteFile(file, []byte(changed[1:]), 0o644); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, failed.Stderr)
		}
		t.Fatal(err)
	}
	return string(out)
}

const zoneText = `$ORIGIN example.org.
@ 300 SOA ns1 hostmaster 7 3600 600 86400 300
@ 300 NS ns1
ns1 300 A 192.0.2.1
www 300 A 192.0.2.80
`

func serves(t *testing.T, binary string) {
	t.Helper()
	from := primary.Start(t, primary.Config{Zone: "example.org."})
	from.Publish(t, zoneText)
	server := understudy.Start(t, understudy.Config{Command: []string{binary}, Corefile: `example.org.:{{port}} {
		bind 127.0.0.1
		secondaryplus {
			transfer from ` + from.Addr() + `
		}
	}`})
	ask.WaitSerial(t, server.Addr(), "example.org.", 7)
	if m := ask.Ask(t, server.Addr(), "www.example.org.", dns.TypeA); len(m.Answer) != 1 {
		t.Errorf("www has %v", m.Answer)
	}
}
