package nsfailover

import (
	"crypto/tls"
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/understudy-dns/understudy/plugin/internal/health"
	"github.com/understudy-dns/understudy/plugin/internal/vote"
)

// quorumConfig is the `quorum`. It is one of the process.
type quorumConfig struct {
	endpoints          []string
	rule               vote.Rule
	site               string
	tls                *tls.Config // nil: none
	tlsFiles           []string
	username, password string
	where              string // in the Corefile
}

// same says whether two mean the same.
func (c *quorumConfig) same(o *quorumConfig) bool {
	if c == nil || o == nil {
		return c == o
	}
	return slices.Equal(c.endpoints, o.endpoints) && c.rule == o.rule && c.site == o.site && slices.Equal(c.tlsFiles, o.tlsFiles) &&
		c.username == o.username && c.password == o.password
}

// A voting is the part that this process has in a quorum.
type voting struct {
	config *quorumConfig
	site   *vote.Site
}

// ballot is the voting that counts now; nil: there is none.
var ballot atomic.Pointer[voting]

// take makes a quorum the one that counts; c.mu is held. The old one is returned, to be closed without it.
func (c *centre) take(q *quorumConfig) (old *voting) {
	old = ballot.Load()
	if old != nil && old.config.same(q) || old == nil && q == nil {
		return nil
	}
	if q == nil {
		ballot.Store(nil)
		return old
	}
	site := vote.Join(vote.Config{
		Endpoints: q.endpoints, TLS: q.tls, Username: q.username, Password: q.password, Name: q.site, Told: c.recount, Trouble: troubled,
	})
	ballot.Store(&voting{q, site})
	return old
}

// recount has all pools decide anew: other sites have said something.
func (c *centre) recount() {
	if list := c.list.Load(); list != nil {
		for _, r := range *list {
			r.mu.Lock()
			r.settle(false)
			r.mu.Unlock()
		}
	}
}

func troubled(err error) {
	if err == nil {
		log.Infof("quorum: the etcd is reached")
		return
	}
	log.Warningf("quorum: %v; this site decides alone", err)
}

// target is what sites call a member.
func (r *runtime) target(a netip.Addr) string { return fmt.Sprintf("%s %s", r.id.name, a) }

// say tells the other sites what this one sees of a member.
func (r *runtime) say(a netip.Addr, s health.State) {
	if v := ballot.Load(); v != nil {
		v.site.Say(r.target(a), !s.Usable())
	}
}

// works says whether a member is used: as enough sites see it, or, where they cannot be asked, and where an operator has
// ordered something here, as this one does.
func (r *runtime) works(a netip.Addr) bool {
	s := r.members[a].state
	v := ballot.Load()
	if v == nil || s.Override != health.Auto {
		return s.Usable()
	}
	t := v.site.Tally()
	if t == nil {
		return s.Usable()
	}
	return !t.Down(v.config.rule, r.target(a))
}
