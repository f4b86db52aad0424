package nsfailover

import (
	"net/netip"

	"github.com/understudy-dns/understudy/plugin/internal/prober"
)

// user names what is probed for a member. Two of them may have the same check: that of a file.
func (r *runtime) user(a netip.Addr) string {
	return "pool " + r.id.name + " of " + r.id.server + " " + a.String()
}

// subject is what an order for a member is about, whatever the check is.
func (r *runtime) subject(a netip.Addr) string { return "pool " + r.id.name + " " + a.String() }

// watches are what is probed for a pool.
func (r *runtime) watches(c *poolConfig) (list []prober.Watch) {
	for _, a := range c.members() {
		check, err := c.checkOf(a)
		if err != nil {
			continue // the Corefile was refused for that
		}
		list = append(list, prober.Watch{
			User: r.user(a), Subject: r.subject(a), Check: check, Params: c.health, Tell: func(u prober.Update) { r.tell(a, u) },
		})
	}
	for _, at := range c.canaries {
		list = append(list, prober.Watch{
			User: "canary of " + r.id.name + " of " + r.id.server, Check: prober.TCP(at, prober.Source{}), Params: c.health, Canary: true,
		})
	}
	return list
}

// restored takes the health of members that was known before.
func (r *runtime) restored(p *prober.Prober) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.config.members() {
		check, err := r.config.checkOf(a)
		if err != nil {
			continue
		}
		if s, ok := p.State(r.user(a), check.Key()); ok {
			r.members[a] = member{state: s, load: r.members[a].load}
			r.say(a, s)
		}
	}
	r.settle(false)
}
