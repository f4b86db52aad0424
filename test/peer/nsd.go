package peer

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// nsd drives NSD through nsd-control.
type nsd struct{}

func (nsd) argv(s *Server) []string {
	return []string{"nsd", "-d", "-c", filepath.Join(s.dir, "nsd.conf")}
}

func (nsd) control(s *Server) []string {
	return []string{"nsd-control", "-c", filepath.Join(s.dir, "nsd.conf")}
}

// reload also sends NOTIFY, which NSD as a primary does only when told.
func (nsd) reload(t testing.TB, s *Server, z *Zone) {
	t.Helper()
	s.Control(t, "reload", z.Name)
	if len(z.Notify) > 0 {
		s.Control(t, "notify", z.Name)
	}
}

func (nsd) update(t testing.TB, s *Server, z *Zone, _ []change) {
	t.Helper()
	t.Fatalf("%s: NSD has no dynamic update: use SetZone", s)
}

// purgeJournal restarts NSD, which holds the differences in memory too.
func (nsd) purgeJournal(t testing.TB, s *Server, z *Zone) {
	t.Helper()
	s.Stop()
	files, err := filepath.Glob(filepath.Join(s.dir, zoneFile(z.Name)+".ixfr*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	s.Restart(t)
}

var nsdTransfer = regexp.MustCompile(`(axfr|ixfr) for (\S+) from`)

func (nsd) transfers(log, zone string) []Transfer {
	var list []Transfer
	for _, line := range strings.Split(log, "\n") {
		m := nsdTransfer.FindStringSubmatch(line)
		if m != nil && strings.EqualFold(dns.Fqdn(m[2]), zone) {
			list = append(list, Transfer{strings.ToUpper(m[1]), line})
		}
	}
	return list
}

func (nsd) configure(t testing.TB, s *Server) {
	t.Helper()
	if s.config.TLS != nil && s.config.TLS.ClientCA != "" {
		t.Fatal("nsd 4.6 does not demand client certificates")
	}
	x := new(text)
	nsdServer(x, s)
	x.line("remote-control:\n\tcontrol-enable: yes\n\tcontrol-interface: %q", filepath.Join(s.dir, "ctl"))
	for _, k := range s.config.Keys {
		x.line("key:\n\tname: %q\n\talgorithm: %s\n\tsecret: %q", nsdName(k.FQDN()), strings.TrimSuffix(k.Alg(), "."), k.Secret)
	}
	nsdTLS(x, s.config)
	for _, z := range s.config.Zones {
		nsdZone(x, s, z)
	}
	s.write(t, "nsd.conf", x.String())
}

func nsdServer(x *text, s *Server) {
	c := s.config
	x.line("server:\n\tip-address: %s@%d\n\tserver-count: 1\n\tverbosity: 3\n\tusername: \"\"", c.Host, c.Port)
	x.line("\tzonesdir: %q\n\tdatabase: \"\"\n\tpidfile: %q", s.dir, filepath.Join(s.dir, "pid"))
	x.line("\tzonelistfile: %q\n\txfrdfile: %q\n\txfrdir: %q", filepath.Join(s.dir, "zone.list"), filepath.Join(s.dir, "xfrd.state"), s.dir)
	x.line("\txfrd-reload-timeout: 0\n\tzonefiles-write: 1")
	if c.Minimal != "" {
		x.line("\tminimal-responses: %s", c.Minimal)
	}
	if c.TLS != nil {
		x.line("\tip-address: %s@%d\n\ttls-port: %d", c.Host, c.TLS.Port, c.TLS.Port)
		x.line("\ttls-service-key: %q\n\ttls-service-pem: %q", c.TLS.KeyFile, c.TLS.CertFile)
	}
	if c.CAFile != "" {
		x.line("\ttls-cert-bundle: %q", c.CAFile)
	}
	x.indented("\t", c.Extra)
}

func nsdZone(x *text, s *Server, z Zone) {
	x.line("zone:\n\tname: %q\n\tzonefile: %q", nsdName(z.Name), zoneFile(z.Name))
	// An outgoing-interface without a target of that family would be an error
	// at run time only, so it is harmless for a zone that never calls out.
	x.line("\toutgoing-interface: %s", s.config.Host)
	request := ""
	if z.AXFROnly {
		request = "AXFR "
	}
	for _, e := range z.Primaries {
		over := ""
		if e.TLS != "" {
			over = " to-" + e.TLS
		}
		x.line("\trequest-xfr: %s%s %s%s", request, knotAddr(e.Addr), nsdKey(e.Key), over)
	}
	for _, e := range z.Notify {
		x.line("\tnotify: %s %s", knotAddr(e.Addr), nsdKey(e.Key))
	}
	nsdAccess(x, "provide-xfr", z.transferRules())
	if z.secondary() {
		nsdAccess(x, "allow-notify", z.notifyRules())
	}
	if !z.NoIXFR {
		x.line("\tstore-ixfr: yes")
		if !z.secondary() {
			x.line("\tcreate-ixfr: yes")
		}
	}
	x.indented("\t", z.Extra)
}

func nsdAccess(x *text, option string, rules []Access) {
	for _, a := range rules {
		for _, p := range a.prefixes() {
			x.line("\t%s: %s %s", option, p, nsdKey(a.Key))
		}
	}
}

func nsdKey(name string) string {
	if name == "" {
		return "NOKEY"
	}
	return nsdName(Key{Name: name}.FQDN())
}

// nsdName drops the final dot, which NSD's names do without.
func nsdName(name string) string {
	if name == "." {
		return name
	}
	return strings.TrimSuffix(name, ".")
}
