// Command coredns is CoreDNS with all of its own plugins and those of Understudy.
package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/coredns/coredns/core/dnsserver"
	_ "github.com/coredns/coredns/core/plugin" // every plugin of CoreDNS
	"github.com/coredns/coredns/coremain"

	_ "github.com/understudy-dns/understudy/plugin/nsfailover"
	_ "github.com/understudy-dns/understudy/plugin/secondaryplus"
	_ "github.com/understudy-dns/understudy/plugin/serialguard"
)

// inserted are our plugins, each with the plugin of CoreDNS that it comes right after. The order is that in
// which a query passes them; everything else about it is CoreDNS's own.
var inserted = []struct{ after, name string }{
	{"transfer", "nsfailover"},
	{"secondary", "serialguard"},
	{"serialguard", "secondaryplus"},
}

func main() {
	directives, err := withOurs(dnsserver.Directives)
	if err == nil {
		err = dnsserver.SetDirectives(directives)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "coredns:", err)
		os.Exit(1)
	}
	coremain.Run()
}

// withOurs is CoreDNS's list of directives with ours in their places.
func withOurs(stock []string) ([]string, error) {
	list := slices.Clone(stock)
	for _, ours := range inserted {
		at := slices.Index(list, ours.after)
		if at < 0 {
			return nil, fmt.Errorf("plugin %s belongs after %s, which this CoreDNS does not have", ours.name, ours.after)
		}
		list = slices.Insert(list, at+1, ours.name)
	}
	return list, nil
}
