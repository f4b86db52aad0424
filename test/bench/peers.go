package main

import (
	"strings"
	"time"

	"github.com/understudy-dns/understudy/test/peer"
)

// another is another name server as the secondary, as the harness configures it.
type another struct{ kind peer.Kind }

func (a another) title() string { return string(a.kind) }

// start returns when the daemon answers anything at all. That is before it has the zone, but for a few
// milliseconds in which the harness notices.
func (a another) start(b *bench, zones []string, primary string, at int) *server {
	c := peer.Config{Port: at}
	if a.kind == peer.NSD {
		c.Extra = "rrl-ratelimit: 0" // by default it answers one client 200 times a second
	}
	for _, z := range zones {
		c.Zones = append(c.Zones, peer.Zone{Name: z, Primaries: []peer.Endpoint{{Addr: primary}}})
	}
	begun := time.Now()
	p := peer.Start(b.stand, a.kind, c)
	return &server{
		addr: p.Addr(), begun: begun, pid: p.Pid(), group: a.kind == peer.NSD,
		stop: p.Stop, tail: func() string { return lastLines(p.Log(), 10) },
	}
}

// installedPeers are those that there are on this machine.
func installedPeers(b *bench) (list []contender) {
	for _, kind := range peer.Kinds() {
		if isInstalled(kind) {
			list = append(list, another{kind})
		}
	}
	return list
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
