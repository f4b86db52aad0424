package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
)

// Nothing that stock CoreDNS has is missing, and its order is kept.
func TestEveryStockDirectiveIsThereInItsOrder(t *testing.T) {
	list, err := withOurs(dnsserver.Directives)
	if err != nil {
		t.Fatal(err)
	}
	var ours []string
	for _, i := range inserted {
		ours = append(ours, i.name)
		if at := slices.Index(list, i.name); at < 1 || list[at-1] != i.after {
			t.Errorf("%s does not come right after %s", i.name, i.after)
		}
	}
	rest := slices.DeleteFunc(slices.Clone(list), func(name string) bool { return slices.Contains(ours, name) })
	if !slices.Equal(rest, dnsserver.Directives) {
		t.Errorf("the stock directives became %v", rest)
	}
}

func TestEveryDirectiveHasItsPlugin(t *testing.T) {
	registered := caddy.ListPlugins()["others"]
	list, err := withOurs(dnsserver.Directives)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range list {
		if !slices.Contains(registered, "dns."+name) && !slices.Contains(registered, name) {
			t.Errorf("%s is in the order, and not in the binary", name)
		}
	}
}

func TestAMissingNeighbourIsNamed(t *testing.T) {
	_, err := withOurs([]string{"file", "auto"})
	if err == nil || !strings.Contains(err.Error(), "nsfailover") || !strings.Contains(err.Error(), "after transfer") {
		t.Errorf("got %v", err)
	}
}

// The packages below plugin/internal know nothing of CoreDNS, and each imports only what is below it.
func TestImportsPointDownward(t *testing.T) {
	const module = "github.com/understudy-dns/understudy/plugin/internal/"
	layers := [][]string{
		{"owner", "serial", "breather", "statedir", "events", "vote"}, {"rdata", "status", "compress"}, {"zone"},
		{"timers", "answer", "zonemd", "primary", "health", "pool", "journal", "zonefile", "outgoing", "shelf"},
		{"guard", "nswatch"}, {"xfr", "catalog"}, {"refresh", "notify", "prober"},
	}
	layer := map[string]int{}
	for i, names := range layers {
		for _, name := range names {
			layer[name] = i
		}
	}
	for name, own := range layer {
		for _, imported := range imports(t, module+name) {
			if strings.HasPrefix(imported, "github.com/coredns/") || strings.Contains(imported, "prometheus") {
				t.Errorf("%s imports %s", name, imported)
			}
			below, ours := strings.CutPrefix(imported, module)
			if at, known := layer[below]; ours && (!known || at >= own) {
				t.Errorf("%s imports %s, which is not below it", name, below)
			}
		}
	}
	for _, path := range list(t, module+"...") {
		if _, ok := layer[strings.TrimPrefix(path, module)]; !ok {
			t.Errorf("%s has no layer", path)
		}
	}
}

// imports are what the package imports itself, its tests left aside.
func imports(t *testing.T, path string) []string {
	return list(t, "-f", `{{join .Imports "\n"}}`, path)
}

func list(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}
