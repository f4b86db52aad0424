package oracle

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/understudy"
)

// subject is the address of the server that is compared with the peers: ours.
//
// ORACLE_SUBJECT puts another in its place, to show that the oracle sees: one
// of the peers, or another plugin (with UNDERSTUDY_BIN another binary, such as
// stock CoreDNS with secondary); "none" asks the peers alone.
func subject(t *testing.T, f *fleet) string {
	t.Helper()
	switch name := os.Getenv("ORACLE_SUBJECT"); name {
	case "none":
		return ""
	case "bind":
		return f.named.Addr()
	case "nsd":
		return f.nsd.Addr()
	case "knot":
		return f.knot.Addr()
	case "":
		return startOurs(t, f, "secondaryplus")
	default:
		return startOurs(t, f, name)
	}
}

// startOurs starts our server as a secondary of the fleet and returns its
// address. BIND is the primary since it keeps the case of names; Knot is that
// of what BIND does not load. Zones that do not arrive fail the test.
func startOurs(t *testing.T, f *fleet, plugin string) string {
	t.Helper()
	var fromBIND, fromKnot []string
	for _, z := range f.zones {
		if z.Without == "bind" {
			fromKnot = append(fromKnot, z.Name)
		} else {
			fromBIND = append(fromBIND, z.Name)
		}
	}
	corefile := ".:{{port}} {\n    bind 127.0.0.1\n    transfer {\n        to *\n    }\n" +
		block(plugin, fromBIND, f.named.Addr()) + block(plugin, fromKnot, f.knot.Addr()) + "}\n"
	s := understudy.Start(t, understudy.Config{Corefile: corefile})
	bound := ask.Patience
	for _, z := range f.zones {
		err := ask.Poll(bound, func() error { return serves(s.Addr(), z.Name) })
		if err != nil {
			t.Errorf("%s did not arrive: %v", z.Name, err)
			bound = time.Second // the others have had their time too
		}
	}
	return s.Addr()
}

func block(plugin string, zones []string, primary string) string {
	if len(zones) == 0 {
		return ""
	}
	return fmt.Sprintf("    %s %s {\n        transfer from %s\n    }\n", plugin, strings.Join(zones, " "), primary)
}

func serves(addr, zone string) error {
	got, err := ask.Serial(addr, zone, ask.TCP())
	if err == nil && got != serial {
		err = fmt.Errorf("serial %d", got)
	}
	return err
}
