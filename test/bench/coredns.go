package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/peer/process"
)

// coredns is a CoreDNS binary with one plugin for the zones. All of them have pprof too, which costs
// nothing unless it is asked, and is the only way to make the garbage collector run.
type coredns struct{ name, plugin, binary string }

func (c coredns) title() string { return c.name }

// whoami answers any question without looking anything up: the floor under every plugin of CoreDNS.
func (b *bench) whoami() coredns {
	return coredns{name: "whoami", plugin: "whoami", binary: b.stock}
}

func (c coredns) start(b *bench, zones []string, primary string, at int) *server {
	dir := b.stand.TempDir()
	s := &server{addr: fmt.Sprintf("127.0.0.1:%d", at), pprof: port.Addr(b.stand, "127.0.0.1")}
	s.garbage = func() error { return fetch(s.pprof, "heap?gc=1", io.Discard) }
	file := filepath.Join(dir, "Corefile")
	if err := os.WriteFile(file, []byte(c.corefile(zones, primary, at, s.pprof)), 0o600); err != nil {
		b.stand.Fatal(err)
	}
	log, err := process.NewLog(filepath.Join(dir, "log"))
	if err != nil {
		b.stand.Fatal(err)
	}
	s.begun = time.Now()
	p, err := process.Start(log, dir, nil, c.binary, "-conf", file)
	if err != nil {
		b.stand.Fatal(err)
	}
	s.pid, s.stop = p.Pid(), func() { p.Stop() }
	s.ended = p.Done()
	s.tail = func() string { return log.Tail(10) }
	return s
}

// corefile has very many zones as arguments in one block for all names, as the manual advises: as keys of
// the server block they would make CoreDNS itself slow, whatever the plugin.
func (c coredns) corefile(zones []string, primary string, at int, pprof string) string {
	key, args := ".", " "+strings.Join(zones, " ")
	if len(zones) == 1 {
		key, args = zones[0], ""
	}
	body := c.plugin
	if c.plugin != "whoami" {
		body = fmt.Sprintf("%s%s {\n        transfer from %s\n    }", c.plugin, args, primary)
	}
	return fmt.Sprintf("%s:%d {\n    bind 127.0.0.1\n    pprof %s\n    %s\n}\n", key, at, pprof, body)
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
