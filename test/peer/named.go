package peer

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer/port"
)

// named drives BIND's named through rndc and nsupdate.
type named struct{}

// argv has -g, which means the foreground and all messages to stderr.
func (named) argv(s *Server) []string { return []string{"named", "-g", "-n", "1", "-c", "named.conf"} }

func (named) control(s *Server) []string { return []string{"rndc", "-c", "rndc.conf"} }

func (named) reload(t testing.TB, s *Server, z *Zone) {
	t.Helper()
	if z.Dynamic {
		t.Fatalf("%s: zone %s is dynamic: use Update", s, z.Name)
	}
	s.Control(t, "reload", z.Name)
}

func (named) update(t testing.TB, s *Server, z *Zone, changes []change) {
	t.Helper()
	if !z.Dynamic {
		t.Fatalf("%s: zone %s is not Dynamic", s, z.Name)
	}
	x := new(text)
	x.line("server %s %d\nzone %s", s.config.Host, s.config.Port, z.Name)
	for _, c := range changes {
		verb := "delete"
		if c.add {
			verb = "add"
		}
		x.line("update %s %s %s %s %s", verb, c.owner, c.ttl, c.rtype, c.data)
	}
	x.line("send")
	s.run(t, x.String(), "nsupdate")
}

// purgeJournal removes the file: named opens it anew for every IXFR.
func (named) purgeJournal(t testing.TB, s *Server, z *Zone) {
	t.Helper()
	if z.Dynamic {
		s.Control(t, "sync", "-clean", z.Name)
		return
	}
	if err := os.Remove(filepath.Join(s.dir, zoneFile(z.Name)+".jnl")); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
}

var namedTransfer = regexp.MustCompile(`transfer of '([^']*)/IN': (AXFR-style IXFR|AXFR|IXFR) started`)

func (named) transfers(log, zone string) []Transfer {
	var list []Transfer
	for _, line := range strings.Split(log, "\n") {
		m := namedTransfer.FindStringSubmatch(line)
		if m != nil && strings.EqualFold(dns.Fqdn(m[1]), zone) {
			list = append(list, Transfer{m[2], line})
		}
	}
	return list
}

func (named) configure(t testing.TB, s *Server) {
	t.Helper()
	namedHost(t, s.config.Host)
	s.ctl = port.Free(t, s.config.Host)
	x := new(text)
	namedKeys(x, append(slices.Clone(s.config.Keys), namedControl(t, s)))
	namedOptions(x, s)
	for _, z := range s.config.Zones {
		namedZone(x, z)
	}
	s.write(t, "named.conf", x.String())
}

// namedHost checks that an interface has the address: named does not listen on
// others, not even in 127.0.0.0/8.
func namedHost(t testing.TB, host string) {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.Equal(net.ParseIP(host)) {
			return
		}
	}
	t.Fatalf("named cannot listen on %s, which no interface has: use 127.0.0.1 or ::1", host)
}

// namedControl writes rndc.conf and returns the key that it uses: rndc knows
// TCP only.
func namedControl(t testing.TB, s *Server) Key {
	t.Helper()
	key := ask.NewKey("rndc.")
	key.Name = "rndc"
	x := new(text)
	namedKeys(x, []Key{key})
	x.line(`options { default-key "rndc."; default-server %s; default-port %d; };`, s.config.Host, s.ctl)
	s.write(t, "rndc.conf", x.String())
	return key
}

func namedKeys(x *text, keys []Key) {
	for _, k := range keys {
		x.line(`key "%s" { algorithm %s; secret "%s"; };`, k.FQDN(), strings.TrimSuffix(k.Alg(), "."), k.Secret)
	}
}

func namedOptions(x *text, s *Server) {
	c := s.config
	x.line(`controls { inet %s port %d allow { any; } keys { "rndc."; }; };`, c.Host, s.ctl)
	namedTLS(x, c)
	x.line("options {")
	x.line("\tdirectory %q;\n\tpid-file \"pid\";\n\tlock-file none;\n\tsession-keyfile none;", s.dir)
	x.line("\trecursion no;\n\tdnssec-validation no;\n\tempty-zones-enable no;\n\tnotify explicit;\n\tnotify-delay 0;")
	namedListen(x, c)
	if c.Minimal != "" {
		x.line("\tminimal-responses %s;", c.Minimal)
	}
	if slices.ContainsFunc(c.Zones, func(z Zone) bool { return z.NoIXFR }) {
		x.line("\tprovide-ixfr no;")
	}
	x.indented("\t", c.Extra)
	x.line("};")
}

func namedListen(x *text, c Config) {
	v, other, source := "", "-v6", "\ttransfer-source %s;\n\tnotify-source %s;"
	if strings.Contains(c.Host, ":") {
		v, other, source = "-v6", "", "\ttransfer-source-v6 %s;\n\tnotify-source-v6 %s;"
	}
	x.line("\tlisten-on%s port %d { %s; };\n\tlisten-on%s { none; };", v, c.Port, c.Host, other)
	x.line(source, c.Host, c.Host)
	if c.TLS != nil {
		x.line("\tlisten-on%s port %d tls server { %s; };", v, c.TLS.Port, c.Host)
	}
}

func namedZone(x *text, z Zone) {
	x.line("zone %q {\n\tfile %q;", z.Name, zoneFile(z.Name))
	if z.secondary() {
		x.line("\ttype secondary;\n\tmasterfile-format text;\n\tprimaries { %s };", namedEndpoints(z.Primaries))
		x.line("\tallow-notify { %s };", namedAccess(z.notifyRules()))
	} else {
		x.line("\ttype primary;")
	}
	x.line("\tallow-transfer { %s };", namedAccess(z.transferRules()))
	if len(z.Notify) > 0 {
		x.line("\talso-notify { %s };", namedEndpoints(z.Notify))
	}
	switch {
	case z.Dynamic:
		x.line("\tallow-update { %s };", namedAccess([]Access{{}}))
	case !z.NoIXFR:
		x.line("\tixfr-from-differences yes;")
	}
	if z.AXFROnly {
		x.line("\trequest-ixfr no;")
	}
	x.indented("\t", z.Extra)
	x.line("};")
}

func namedEndpoints(list []Endpoint) string {
	var b strings.Builder
	for _, e := range list {
		fmt.Fprintf(&b, "%s port %s", hostOf(e.Addr), e.Addr[strings.LastIndex(e.Addr, ":")+1:])
		if e.Key != "" {
			fmt.Fprintf(&b, " key %q", Key{Name: e.Key}.FQDN())
		}
		if e.TLS != "" {
			fmt.Fprintf(&b, " tls %q", "to-"+e.TLS)
		}
		b.WriteString("; ")
	}
	return b.String()
}

// namedAccess writes rules as an address match list. "Address and key" is said
// with a double negation, as the BIND manual has it.
func namedAccess(rules []Access) string {
	var b strings.Builder
	for _, a := range rules {
		if a.Key == "" {
			b.WriteString(strings.Join(a.prefixes(), "; ") + "; ")
			continue
		}
		fmt.Fprintf(&b, "{ !{ !%s; any; }; key %q; }; ", strings.Join(a.prefixes(), "; !"), Key{Name: a.Key}.FQDN())
	}
	if len(rules) == 0 {
		return "none;"
	}
	return b.String()
}
