package peer

import "testing"

// algorithm is the DNSSEC algorithm by Knot's name.
func (g Signing) algorithm() string {
	if g.Algorithm == "" {
		return "ecdsap256sha256"
	}
	return g.Algorithm
}

// knotPolicies writes one signing policy a signed zone, named after its number.
func knotPolicies(x *text, s *Server) {
	head := "policy:\n"
	for i, z := range s.config.Zones {
		g := z.Signing
		if g == nil {
			continue
		}
		x.line("%s  - id: z%d\n    algorithm: %s", head, i, g.algorithm())
		x.line("    manual: %s\n    single-type-signing: %s", onOff(g.Manual), onOff(g.SingleType))
		x.line("    nsec3: %s\n    nsec3-opt-out: %s", onOff(g.NSEC3), onOff(g.OptOut))
		x.line("    nsec3-iterations: %d\n    nsec3-salt-length: %d", g.Iterations, g.SaltLength)
		x.indented("    ", g.Extra)
		head = ""
	}
}

// knotKeys makes the keys that a manual policy expects to find.
func knotKeys(t testing.TB, s *Server) {
	t.Helper()
	for _, z := range s.config.Zones {
		if z.Signing == nil || !z.Signing.Manual {
			continue
		}
		generate := []string{"keymgr", "-c", "knot.conf", z.Name, "generate", "algorithm=" + z.Signing.algorithm()}
		if z.Signing.SingleType {
			s.run(t, "", append(generate, "ksk=yes", "zsk=yes")...)
			continue
		}
		s.run(t, "", append(generate, "ksk=yes")...)
		s.run(t, "", generate...)
	}
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}
