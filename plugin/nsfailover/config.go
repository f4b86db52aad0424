package nsfailover

import (
	"net/netip"
	"regexp"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/events"
	"github.com/understudy-dns/understudy/plugin/internal/health"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/pool"
)

// block is all that a server block says of the plugin.
type block struct {
	pools     []*poolConfig
	primaries *primariesConfig // nil: nobody looks after them
	peers     *peersConfig     // nil: there are none
	quorum    *quorumConfig    // nil: there is none
	sinks     []events.Sink    // of `report`
	status    statusAt
	state     stateFile // of `state`
	watches   []*watchConfig
}

// stateFile is where health is kept over a restart. It is one of the process.
type stateFile struct {
	dir   string // empty: nowhere
	where string // in the Corefile
}

// poolConfig is one `pool`. It is not changed after it was made.
type poolConfig struct {
	name            owner.Name
	primary, backup []netip.Addr
	check           checkSpec
	params          pool.Params
	health          health.Params
	canaries        []netip.AddrPort
	degraded, most  uint32 // TTLs in seconds: while the primaries do not answer, and otherwise
	balance         pool.Balance
	loadHeader      string
	weights         map[netip.Addr]int
	where           string // in the Corefile
}

const (
	defaultDegraded = 30
	defaultMost     = 60
)

// checkSpec is a `check`, which is made for each member.
type checkSpec struct {
	kind   string // http, https, tcp, dns, file
	url    string
	status int
	match  *regexp.Regexp
	port   uint16
	name   string
	rrtype uint16
	expect string
	path   string
}

func newPoolConfig(name owner.Name, where string) *poolConfig {
	return &poolConfig{
		name: name, where: where, params: pool.Defaults(), health: health.Defaults(),
		degraded: defaultDegraded, most: defaultMost, weights: make(map[netip.Addr]int),
	}
}

// members are all addresses, the primaries first.
func (c *poolConfig) members() []netip.Addr {
	return append(append([]netip.Addr(nil), c.primary...), c.backup...)
}

// longest is what a TTL, or a wait, may be.
const longest = 7 * 24 * time.Hour
