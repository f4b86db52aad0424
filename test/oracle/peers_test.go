package oracle

import (
	"os"
	"testing"

	"github.com/understudy-dns/understudy/test/peer"
)

// The peers answer in full and load whatever a primary might send; apart from
// that they keep their defaults.
const (
	namedExtra = `minimal-responses no; minimal-any no; zero-no-soa-ttl no; tcp-clients 1000;
check-names primary ignore; check-names secondary ignore; check-integrity no; check-sibling no;
check-mx ignore; check-mx-cname ignore; check-srv-cname ignore; check-dup-records ignore; check-wildcard no;`
	nsdExtra = `minimal-responses: no
refuse-any: no
tcp-query-count: 0
tcp-timeout: 120
tcp-count: 200
rrl-ratelimit: 0`
	knotZoneExtra = `semantic-checks: soft`
)

// fleet is the three peers, all serving the same zones. Knot is the primary
// of what the others refuse in a master file.
type fleet struct {
	zones            []*Zone
	knot, named, nsd *peer.Server
}

func startFleet(t *testing.T, zones []*Zone) *fleet {
	t.Helper()
	f := &fleet{zones: zones}
	f.knot = peer.Start(t, peer.Knot, peer.Config{Zones: peerZones(t, zones, nil, "knot", knotZoneExtra)})
	upstream := []peer.Endpoint{{Addr: f.knot.Addr()}}
	f.named = peer.Start(t, peer.Named, peer.Config{Extra: namedExtra, Zones: peerZones(t, zones, upstream, "bind", "")})
	f.nsd = peer.Start(t, peer.NSD, peer.Config{Extra: nsdExtra, Zones: peerZones(t, zones, upstream, "nsd", "")})
	for _, z := range zones {
		if z.Transferred {
			f.named.WaitServing(t, z.Name, serial)
			f.nsd.WaitServing(t, z.Name, serial)
		}
	}
	return f
}

// serial is that of every zone.
const serial = 2026112001

// peerZones has the transferred zones fetched from upstream, if there is one.
func peerZones(t *testing.T, zones []*Zone, upstream []peer.Endpoint, name, extra string) []peer.Zone {
	t.Helper()
	var list []peer.Zone
	for _, z := range zones {
		if z.Without == name {
			continue
		}
		p := peer.Zone{Name: z.Name, Extra: extra}
		if z.Transferred && upstream != nil {
			p.Primaries = upstream
		} else {
			text, err := os.ReadFile(z.File)
			if err != nil {
				t.Fatal(err)
			}
			p.Text = string(text)
		}
		list = append(list, p)
	}
	return list
}

// addresses are those of the peers that serve z, in the order of peerNames.
func (f *fleet) addresses(z *Zone) []string {
	list := []string{f.named.Addr(), f.nsd.Addr(), f.knot.Addr()}
	for i, name := range peerNames {
		if z.Without == name {
			list[i] = ""
		}
	}
	return list
}
