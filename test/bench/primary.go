package main

import (
	"fmt"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
)

// largeZone is the primary with the one large zone. It lasts for the whole run.
type largeZone struct {
	*peer.Server
	version int
}

// largePrimary starts it when it is first needed.
func (b *bench) largePrimary() *largeZone {
	if b.large == nil {
		b.say("knotd loads the zone with %d records", b.options.records)
		b.large = &largeZone{Server: peer.Start(b.stand, peer.Knot, peer.Config{
			Zones: []peer.Zone{{Name: largeName, Text: largeText(b.options.records)}},
		})}
	}
	return b.large
}

// smallPrimary starts one with many small zones. They share one ACL: as many as there are zones would take
// knotd longer to read than the zones.
func (b *bench) smallPrimary(zones int) *peer.Server {
	b.say("knotd loads %d zones", zones)
	c := peer.Config{Extra: "acl:\n  - id: loopback\n    address: 127.0.0.0/8\n    action: transfer"}
	for i := range zones {
		c.Zones = append(c.Zones, peer.Zone{
			Name: smallName(i), Text: smallText(i), AllowTransfer: []peer.Access{}, Extra: "acl: [loopback]",
		})
	}
	return peer.Start(b.stand, peer.Knot, c)
}

// A revision is a version of the large zone with another address at probeName.
type revision struct {
	address string
	notify  []byte // the NOTIFY that tells of it
}

// revise changes the one record and waits until knotd serves it. knotd notifies nobody: that is done by
// tell, so that it is known when.
func (z *largeZone) revise(b *bench) revision {
	z.version++
	r := revision{address: fmt.Sprintf("10.255.%d.%d", z.version>>8&255, z.version&255)}
	z.Update(b.stand, largeName, "del probe A", "add probe 60 A "+r.address)
	b.watched(&server{name: "knotd", addr: z.Addr()}, probeName, address(r.address), ask.Interval)
	m, err := ask.Query(z.Addr(), largeName, dns.TypeSOA)
	if err == nil && len(m.Answer) != 1 {
		err = fmt.Errorf("the SOA of knotd is %v", m.Answer)
	}
	if err != nil {
		b.stand.Fatal(err)
	}
	n := new(dns.Msg).SetNotify(largeName)
	n.Answer = m.Answer
	if r.notify, err = n.Pack(); err != nil {
		b.stand.Fatal(err)
	}
	return r
}
