package peer

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// knot drives knotd through knotc.
type knot struct{}

func (knot) argv(s *Server) []string { return []string{"knotd", "-c", "knot.conf"} }

func (knot) control(s *Server) []string { return []string{"knotc", "-c", "knot.conf", "-b"} }

func (k knot) reload(t testing.TB, s *Server, z *Zone) { s.Control(t, "zone-reload", z.Name) }

func (k knot) update(t testing.TB, s *Server, z *Zone, changes []change) {
	t.Helper()
	s.Control(t, "zone-begin", z.Name)
	for _, c := range changes {
		verb := "zone-unset"
		if c.add {
			verb = "zone-set"
		}
		args := []string{verb, z.Name, c.owner}
		for _, a := range []string{c.ttl, c.rtype, c.data} {
			if a != "" {
				args = append(args, a)
			}
		}
		s.Control(t, args...)
	}
	s.Control(t, "zone-commit", z.Name)
}

// purgeJournal writes the zone file first, where the served zone would
// otherwise be lost with the journal that it was rebuilt from.
func (k knot) purgeJournal(t testing.TB, s *Server, z *Zone) {
	t.Helper()
	s.Control(t, "-f", "zone-purge", "+journal", z.Name)
}

var knotTransfer = regexp.MustCompile(`\[([^\]]*)\] (AXFR|IXFR), outgoing, remote ([^ ,]+).*(started|fallback to AXFR)`)

// transfers makes one of the two lines about an IXFR that becomes an AXFR.
func (knot) transfers(log, zone string) []Transfer {
	var list []Transfer
	fallback := map[string]bool{} // by remote: its AXFR line is to come
	for _, line := range strings.Split(log, "\n") {
		m := knotTransfer.FindStringSubmatch(line)
		if m == nil || !strings.EqualFold(m[1], zone) {
			continue
		}
		style, remote := m[2], m[3]
		switch {
		case m[4] != "started":
			style, fallback[remote] = "AXFR-style IXFR", true
		case style == "AXFR" && fallback[remote]:
			delete(fallback, remote)
			continue
		}
		list = append(list, Transfer{style, line})
	}
	return list
}

func (knot) configure(t testing.TB, s *Server) {
	t.Helper()
	x := new(text)
	c := s.config
	x.line("server:\n  rundir: %q\n  pidfile: pid\n  listen: %s@%d", s.dir, c.Host, c.Port)
	x.line("  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 2")
	x.line("control:\n  listen: ctl")
	x.line("log:\n  - target: stderr\n    any: debug")
	// The default sizes are address space of gigabytes.
	x.line("database:\n  storage: %q\n  journal-db-max-size: 200M\n  kasp-db-max-size: 20M\n  timer-db-max-size: 10M\n  catalog-db-max-size: 10M", s.dir)
	if c.TLS != nil || len(c.tlsNames()) > 0 {
		t.Fatal("knot 3.2 does not speak DNS over TLS")
	}
	for i, key := range c.Keys {
		if i == 0 {
			x.line("key:")
		}
		x.line("  - id: %s\n    algorithm: %s\n    secret: %s", key.FQDN(), strings.TrimSuffix(key.Alg(), "."), key.Secret)
	}
	knotRemotes(x, s)
	knotACL(x, s)
	knotPolicies(x, s)
	x.indented("", c.Extra)
	knotZones(x, s)
	s.write(t, "knot.conf", x.String())
	knotKeys(t, s)
}

// knotRemotes names every endpoint by zone, role and position.
func knotRemotes(x *text, s *Server) {
	head := "remote:\n"
	for i, z := range s.config.Zones {
		for _, role := range []struct {
			name string
			list []Endpoint
		}{{"primary", z.Primaries}, {"notify", z.Notify}} {
			for j, e := range role.list {
				x.line("%s  - id: z%d-%s%d\n    address: %s\n    via: %s", head, i, role.name, j, knotAddr(e.Addr), s.config.Host)
				if e.Key != "" {
					x.line("    key: %s", Key{Name: e.Key}.FQDN())
				}
				head = ""
			}
		}
	}
}

// knotAddr is "ip@port".
func knotAddr(addr string) string {
	host := hostOf(addr)
	port := strings.TrimPrefix(addr[strings.LastIndex(addr, ":"):], ":")
	return host + "@" + port
}

func knotACL(x *text, s *Server) {
	head := "acl:\n"
	for i, z := range s.config.Zones {
		for _, rule := range knotRules(z) {
			for j, a := range rule.list {
				x.line("%s  - id: z%d-%s%d\n    address: [%s]\n    action: %s", head, i, rule.action, j, strings.Join(a.prefixes(), ", "), rule.action)
				if a.Key != "" {
					x.line("    key: %s", Key{Name: a.Key}.FQDN())
				}
				head = ""
			}
		}
	}
}

type knotRule struct {
	action string
	list   []Access
}

func knotRules(z Zone) []knotRule {
	rules := []knotRule{{"transfer", z.transferRules()}}
	if z.secondary() {
		rules = append(rules, knotRule{"notify", z.notifyRules()})
	}
	return rules
}

func knotZones(x *text, s *Server) {
	for i, z := range s.config.Zones {
		if i == 0 {
			x.line("zone:")
		}
		x.line("  - domain: %s\n    storage: %q\n    file: %q", z.Name, s.dir, zoneFile(z.Name))
		knotReferences(x, i, z)
		knotJournal(x, z)
		if z.Signing != nil {
			x.line("    dnssec-signing: on\n    dnssec-policy: z%d", i)
		}
		x.indented("    ", z.Extra)
	}
}

func knotReferences(x *text, i int, z Zone) {
	list := func(option, name string, n int) {
		var ids []string
		for j := range n {
			ids = append(ids, fmt.Sprintf("z%d-%s%d", i, name, j))
		}
		if n > 0 {
			x.line("    %s: [%s]", option, strings.Join(ids, ", "))
		}
	}
	list("master", "primary", len(z.Primaries))
	list("notify", "notify", len(z.Notify))
	var acls []string
	for _, rule := range knotRules(z) {
		for j := range rule.list {
			acls = append(acls, fmt.Sprintf("z%d-%s%d", i, rule.action, j))
		}
	}
	if len(acls) > 0 {
		x.line("    acl: [%s]", strings.Join(acls, ", "))
	}
}

// knotJournal chooses how edits of the zone file become differences. A zone
// file is never written back: it belongs to the test.
func knotJournal(x *text, z Zone) {
	if z.NoIXFR {
		x.line("    provide-ixfr: off")
	}
	switch {
	case z.secondary():
		x.line("    zonefile-sync: 0\n    zonefile-load: whole\n    journal-content: changes")
	case z.Signing != nil:
		x.line("    zonefile-sync: -1\n    zonefile-load: difference-no-serial\n    journal-content: all")
	default:
		x.line("    zonefile-sync: -1\n    zonefile-load: difference\n    journal-content: changes")
	}
}
