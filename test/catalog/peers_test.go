package catalog_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
)

// memberZone is a zone that a peer serves.
func memberZone(name string) peer.Zone {
	return peer.Zone{Name: name, Text: "$ORIGIN " + name + "\n" + apex(1) + "www 300 A 192.0.2.80\n"}
}

func catalogText(serial uint32, members ...string) string {
	return "$ORIGIN " + catz + "\n" + apex(serial) + strings.Join(catalogOf(members...), "\n") + "\n"
}

func TestACatalogOfEveryPeer(t *testing.T) {
	t.Parallel()
	for _, kind := range peer.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			key := ask.NewKey("transfer.example.")
			signed := []peer.Access{{Key: key.Name}}
			zones := []peer.Zone{
				{Name: catz, Text: catalogText(1, "a a.example.", "b b.example.")},
				memberZone("a.example."), memberZone("b.example."), memberZone("c.example."),
			}
			for i := range zones {
				zones[i].AllowTransfer = signed
			}
			from := peer.Start(t, kind, peer.Config{Keys: []peer.Key{key}, Zones: zones})
			text := corefile(consumer(catz, from.Addr()+" key "+key.FQDN(), "catalog"))
			text = strings.Replace(text, "errors", fmt.Sprintf("errors\ntsig {\nsecret %s %s\n}", key.FQDN(), key.Secret), 1)
			ours := startServer(t, text)
			ours.wantServed(t, "a.example.", "b.example.")
			from.SetZone(t, catz, catalogText(2, "b b.example.", "c c.example."))
			ask.WaitSerial(t, from.Addr(), catz, 2)
			ask.Notify(t, ours.Addr(), catz, 2, nil)
			ours.wantServed(t, "c.example.")
			ours.wantGone(t, "a.example.")
			ours.stillServes(t, "b.example.")
		})
	}
}

// TestACatalogThatKnotGenerates has knotd make the catalog of the zones that it is configured with.
func TestACatalogThatKnotGenerates(t *testing.T) {
	t.Parallel()
	p := startProducer(t)
	zones := []peer.Zone{{Name: catz, Extra: "catalog-role: generate"}}
	for _, name := range []string{"a.example.", "b.example.", "c.example."} {
		z := memberZone(name)
		z.Extra = "catalog-role: member\ncatalog-zone: " + catz
		if name == "c.example." {
			z.Extra += "\ncatalog-group: elsewhere"
		}
		zones = append(zones, z)
	}
	from := peer.Start(t, peer.Knot, peer.Config{Zones: zones})
	ours := startServer(t, corefile(consumer(catz, from.Addr(), "catalog", "group elsewhere transfer from "+p.addr, "refresh 1s 1s")))
	ours.wantServed(t, "a.example.", "b.example.")
	ours.wantSource(t, "c.example.", p.addr)
	from.Control(t, "-b", "conf-begin")
	from.Control(t, "conf-unset", "zone[a.example.]")
	from.Control(t, "conf-commit")
	ours.wantGone(t, "a.example.")
	ours.wantMembers(t, catz, 2)
	ours.stillServes(t, "b.example.", "c.example.")
}
