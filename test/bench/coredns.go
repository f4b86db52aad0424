package main

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/understudy-dns/understudy/test/peer/port"
)

// coredns is a CoreDNS binary with one plugin for the zones. All of them have pprof too, which costs
// nothing unless it is asked, and is the only way to make the garbage collector run.
type coredns struct{ name, plugin, binary string }

func (c coredns) title() string { return c.name }

// whoami answers any question without looking anything up: the floor under every plugin of CoreDNS.
func (b *bench) whoami() coredns {
	return coredns{name: whoamiTitle, plugin: "whoami", binary: b.stock}
}

const whoamiTitle = "whoami"

func (c coredns) start(b *bench, o order, at int) *server {
	dir, pprof := b.folder(o), port.Addr(b.stand, "127.0.0.1")
	s := b.spawn(dir, at, c.binary, "-conf", b.write(dir, "Corefile", c.corefile(o, at, pprof)))
	s.pprof = pprof
	s.garbage = func() error { return fetch(s.pprof, "heap?gc=1", io.Discard) }
	if o.folder != "" {
		s.flush = func() {
			b.until("the saves of "+s.name, s, time.Second, func() bool {
				list, err := filepath.Glob(filepath.Join(dir, "zones", "*.snapshot"))
				return err == nil && len(list) == len(o.zones)
			})
		}
	}
	return s
}

// corefile has very many zones as arguments in one block for all names, as the manual advises: as keys of
// the server block they would make CoreDNS itself slow, whatever the plugin.
func (c coredns) corefile(o order, at int, pprof string) string {
	var x strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&x, format+"\n", args...) }
	key, args := ".", " "+strings.Join(o.zones, " ")
	if len(o.zones) == 1 {
		key, args = o.zones[0], ""
	}
	line("%s:%d {\n    bind 127.0.0.1\n    pprof %s", key, at, pprof)
	switch c.plugin {
	case "secondaryplus":
		line("    secondaryplus%s {\n        transfer from %s", args, o.primary)
		if o.out {
			line("        transfer to *")
		}
		if o.folder != "" {
			line("        persist zones")
		}
		line("    }")
	case "secondary":
		if o.out {
			line("    transfer%s {\n        to *\n    }", args)
		}
		line("    secondary%s {\n        transfer from %s\n    }", args, o.primary)
	default:
		line("    %s", c.plugin)
	}
	line("}")
	return x.String()
}

// fetch reads a profile.
func fetch(addr, what string, to io.Writer) error {
	client := http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get("http://" + addr + "/debug/pprof/" + what)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", what, r.Status)
	}
	_, err = io.Copy(to, r.Body)
	return err
}
