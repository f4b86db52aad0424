package main

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// The peers run as their packages have them, but for a log of warnings only, and for bounds that are made for a
// primary somebody else owns: how often it is asked, and how many transfers there are at a time. What else differs is said
// at each of them.

// lines collects the text of a configuration.
type lines struct{ strings.Builder }

func (x *lines) add(format string, args ...any) { fmt.Fprintf(&x.Builder, format+"\n", args...) }

type knot struct{}

func (knot) title() string { return "knot" }

// start has Knot write zone files once an hour, as NSD does. Its default is to write the whole zone after each change.
func (knot) start(b *bench, o order, at int) *server {
	dir := b.folder(o)
	host, port, _ := net.SplitHostPort(o.primary)
	x := new(lines)
	x.add("server:\n  rundir: %q\n  listen: 127.0.0.1@%d", dir, at)
	x.add("log:\n  - target: stderr\n    any: warning")
	x.add("database:\n  storage: %q", dir)
	x.add("remote:\n  - id: primary\n    address: %s@%s\n    via: 127.0.0.1", host, port)
	x.add("acl:\n  - id: all\n    address: 127.0.0.0/8\n    action: [transfer, notify]")
	x.add("template:\n  - id: default\n    storage: %q\n    zonefile-sync: 3600\n    master: primary\n    acl: all\nzone:", dir)
	for _, z := range o.zones {
		x.add("  - domain: %s", z)
	}
	config := b.write(dir, "knot.conf", x.String())
	s := b.spawn(dir, at, "knotd", "-c", config)
	s.flush = func() { b.tool("knotc", "-c", config, "-b", "zone-flush") }
	return s
}

type bind struct{}

func (bind) title() string { return "bind" }

func (bind) start(b *bench, o order, at int) *server {
	dir := b.folder(o)
	host, port, _ := net.SplitHostPort(o.primary)
	x := new(lines)
	x.add("controls { };\nlogging { channel few { stderr; severity warning; }; category default { few; }; };")
	x.add("options {\n\tdirectory %q;\n\tpid-file \"pid\";\n\tlock-file none;\n\tsession-keyfile none;", dir)
	x.add("\tlisten-on port %d { 127.0.0.1; };\n\tlisten-on-v6 { none; };\n\ttransfer-source 127.0.0.1;", at)
	x.add("\trecursion no;\n\tdnssec-validation no;\n\tempty-zones-enable no;\n\tnotify no;\n\tflush-zones-on-shutdown yes;\n\tallow-transfer { 127.0.0.0/8; };")
	x.add("\tserial-query-rate 10000;\n\ttransfers-in 1000;\n\ttransfers-per-ns 1000;\n};")
	for i, z := range o.zones {
		x.add("zone %q { type secondary; file \"%d.zone\"; primaries { %s port %s; }; allow-notify { 127.0.0.0/8; }; };", z, i, host, port)
	}
	return b.spawn(dir, at, "named", "-f", "-c", b.write(dir, "named.conf", x.String()))
}

type nsd struct{}

func (nsd) title() string { return "nsd" }

// start starts NSD without the bound on answers to one client, which is 200 a second by default.
func (nsd) start(b *bench, o order, at int) *server {
	dir := b.folder(o)
	in := func(name string) string { return filepath.Join(dir, name) }
	x := new(lines)
	x.add("server:\n\tip-address: 127.0.0.1@%d\n\tusername: \"\"\n\trrl-ratelimit: 0\n\tverbosity: 0", at)
	x.add("\tzonesdir: %q\n\tdatabase: \"\"\n\tpidfile: %q\n\txfrdfile: %q\n\txfrdir: %q", dir, in("pid"), in("xfrd"), dir)
	x.add("\tzonelistfile: %q\n\txfrd-reload-timeout: 0", in("zone.list"))
	x.add("remote-control:\n\tcontrol-enable: yes\n\tcontrol-interface: %q", in("ctl"))
	x.add("pattern:\n\tname: all\n\trequest-xfr: %s NOKEY\n\toutgoing-interface: 127.0.0.1", strings.Replace(o.primary, ":", "@", 1))
	x.add("\tallow-notify: 127.0.0.0/8 NOKEY\n\tprovide-xfr: 127.0.0.0/8 NOKEY\n\tstore-ixfr: yes")
	for i, z := range o.zones {
		x.add("zone:\n\tname: %q\n\tzonefile: \"%d.zone\"\n\tinclude-pattern: all", strings.TrimSuffix(z, "."), i)
	}
	config := b.write(dir, "nsd.conf", x.String())
	s := b.spawn(dir, at, "nsd", "-d", "-c", config)
	s.group = true
	s.flush = func() {
		b.tool("nsd-control", "-c", config, "write")
		time.Sleep(time.Second) // the command does not wait for what it begins
	}
	return s
}

// tool runs the control tool of a peer.
func (b *bench) tool(argv ...string) {
	bound, cancel := context.WithTimeout(context.Background(), b.options.patience)
	defer cancel()
	if out, err := exec.CommandContext(bound, argv[0], argv[1:]...).CombinedOutput(); err != nil {
		b.stand.Fatalf("%s: %v\n%s", strings.Join(argv, " "), err, out)
	}
}
