package nsfailover

import (
	"context"
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/coredns/coredns/coremain"

	"github.com/understudy-dns/understudy/plugin/internal/status"
)

// statusAt is `status`: where the status is, where secondaryplus does not have it.
type statusAt struct {
	addr      netip.AddrPort // not valid: nowhere
	tokenFile string
	where     string // in the Corefile
}

// same says whether two mean the same.
func (a statusAt) same(o statusAt) bool { return a.addr == o.addr && a.tokenFile == o.tokenFile }

// listen makes the status that which the latest instance wants; c.mu is held. What is not wanted any more is returned, to be
// closed.
func (c *centre) listen() (old *status.Server, err error) {
	var at statusAt
	for _, i := range c.instances {
		if i.block.status.addr.IsValid() {
			at = i.block.status
		}
	}
	if c.listener != nil && c.listener.Addr() == at.addr {
		c.listener.Serve(at.access())
		return nil, nil
	}
	var next *status.Server
	if at.addr.IsValid() {
		if next, err = status.Listen(context.Background(), at.addr, noZones{}); err != nil {
			return nil, err
		}
		next.Serve(at.access())
		log.Infof("The status is at http://%s/v1/", at.addr)
	}
	old, c.listener = c.listener, next
	return old, nil
}

func (a statusAt) access() status.Access {
	return status.Access{TokenFile: a.tokenFile, Unreadable: func(err error) {
		log.Warningf("Nobody is let in to the status: %v", err)
	}}
}

// noZones is what the status shows besides the pools: nothing.
type noZones struct{}

var begun = time.Now()

// Summary implements status.Source.
func (noZones) Summary() status.Summary {
	s := status.Summary{Version: status.Version{CoreDNS: coremain.CoreVersion, Build: coremain.GitCommit}, Started: status.At(begun), Zones: map[string]int{}}
	if info, ok := debug.ReadBuildInfo(); ok {
		s.Version.Go = info.GoVersion
	}
	return s
}

// IDs implements status.Source.
func (noZones) IDs() []status.ID { return nil }

// Named implements status.Source.
func (noZones) Named(string) []status.ID { return nil }

// Zone implements status.Source.
func (noZones) Zone(status.ID) (z status.Zone, ok bool) { return z, false }

// Do implements status.Source.
func (noZones) Do(context.Context, status.Order) (d status.Done, err error) {
	return d, status.ErrNoZone
}

// RefreshAll implements status.Source.
func (noZones) RefreshAll() int { return 0 }
