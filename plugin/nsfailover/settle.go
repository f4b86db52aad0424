package nsfailover

import (
	"maps"
	"slices"

	"github.com/understudy-dns/understudy/plugin/alerts"
	"github.com/understudy-dns/understudy/plugin/corefile"
	"github.com/understudy-dns/understudy/plugin/internal/prober"
	"github.com/understudy-dns/understudy/plugin/internal/status"
)

// spent is what counts no more, and is to be closed without c.mu.
type spent struct {
	voting   *voting
	listener *status.Server
}

func (s spent) close() {
	s.voting.close()
	if s.listener != nil {
		s.listener.Close()
	}
}

// resettle is settle, the state and the status, after instances have gone; c.mu is held.
func (c *centre) resettle(replaced bool) (old spent) {
	old.voting = c.settle(replaced)
	var err error
	if n := len(c.instances); n > 0 && c.prober != nil {
		if err = c.keepIn(c.stateOf(c.instances[n-1].of), false); err != nil {
			log.Errorf("%v", err)
		}
	}
	if old.listener, err = c.listen(); err != nil {
		log.Errorf("status: %v", err)
	}
	return old
}

// settle makes the pools and the set of what is probed those of the instances; c.mu is held. Of two instances of one
// server block the later one counts. replaced: what is there no more has been replaced, and it is not the process that ends.
// The voting that counts no more is returned, to be closed.
func (c *centre) settle(replaced bool) (old *voting) {
	maps.DeleteFunc(c.blocks, func(of *corefile.Corefile, _ []*instance) bool { return !c.runs(of) })
	var over []*ranked
	c.instances = slices.DeleteFunc(c.instances, func(i *instance) bool {
		dead := !c.runs(i.of)
		if dead {
			over = append(over, i.ranked)
			alerts.Detach(i)
		}
		return dead
	})
	wanted := make(map[poolID]*poolConfig)
	for _, i := range c.instances {
		for _, p := range i.block.pools {
			wanted[poolID{i.server, p.name.Canonical()}] = p
		}
	}
	for id, r := range c.pools {
		if wanted[id] == nil {
			c.drop(id, r, replaced)
		}
	}
	var set []prober.Watch
	for id, p := range wanted {
		r := c.pools[id]
		if r == nil {
			r = newRuntime(id, p)
			c.pools[id] = r
		} else {
			r.configure(p)
		}
		set = append(set, r.watches(p)...)
	}
	ranked := c.ranked()
	for _, r := range over {
		if r != nil && replaced {
			r.gone(ranked[r.server])
		}
	}
	for _, r := range ranked {
		set = append(set, r.watches()...)
	}
	pools := slices.Collect(maps.Values(c.pools))
	c.list.Store(&pools)
	old = c.take(c.quorum())
	if c.prober == nil {
		return old
	}
	if err := c.prober.Configure(set); err != nil {
		log.Errorf("what is probed stays as it was: %v", err)
	}
	for id := range wanted {
		c.pools[id].restored(c.prober)
	}
	for _, r := range ranked {
		r.restored(c.prober)
	}
	c.forget(wanted)
	c.say(ranked)
	return old
}

// say has the alerts fire about all that is wrong: there may be somebody now who knows of nothing.
func (c *centre) say(ranked map[string]*ranked) {
	for _, r := range c.pools {
		r.alarm()
	}
	for _, r := range ranked {
		r.alarm()
	}
	if _, frozen := c.prober.Isolation(); frozen {
		fireIsolated()
	}
}
