package nsfailover

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/understudy-dns/understudy/plugin/alerts"
	"github.com/understudy-dns/understudy/plugin/corefile"
	"github.com/understudy-dns/understudy/plugin/internal/prober"
	"github.com/understudy-dns/understudy/plugin/internal/status"
)

// process is what outlives the instances of the plugin: the prober, and the pools.
var process = newCentre()

type centre struct {
	runs func(*corefile.Corefile) bool // whether a Corefile is one of CoreDNS's

	mu        sync.Mutex
	instances []*instance // the latest last
	pools     map[poolID]*runtime
	prober    *prober.Prober // while there are instances
	keeper    *keeper        // of health and history; nil: they are not kept

	listener *status.Server // of `status`; nil: there is none

	list atomic.Pointer[[]*runtime] // the pools, for who must not wait for mu
}

// probing is the prober, for who must not wait for the centre.
var probing atomic.Pointer[prober.Prober]

// An instance is the plugin in one server block of one Corefile.
type instance struct {
	of     *corefile.Corefile
	server string
	block  *block
	ranked *ranked // nil: nobody looks after its primaries
}

func newCentre() *centre {
	return &centre{runs: (*corefile.Corefile).Runs, pools: make(map[poolID]*runtime)}
}

// attach has what an instance configures count, and returns its pools.
func (c *centre) attach(i *instance) (pools map[string]*runtime, err error) {
	var old spent
	defer func() { old.close() }()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.differs(i); err != nil {
		return nil, err
	}
	if err := c.begin(i.block.state); err != nil {
		return nil, err
	}
	if before := c.ranked()[i.server]; before != nil && i.ranked != nil {
		i.ranked.inherit(before)
	}
	c.instances = append(c.instances, i)
	if old.listener, err = c.listen(); err != nil {
		c.instances = c.instances[:len(c.instances)-1]
		return nil, fmt.Errorf("%s - status: %w", i.block.status.where, err)
	}
	old.voting = c.settle()
	alerts.Attach(i, i.block.sinks)
	pools = make(map[string]*runtime)
	for _, p := range i.block.pools {
		id := poolID{i.server, p.name.Canonical()}
		pools[id.name] = c.pools[id]
	}
	return pools, nil
}

// differs says that an instance of the same Corefile has another quorum; c.mu is held.
func (c *centre) differs(i *instance) error {
	for _, o := range c.instances {
		if o.of == i.of && o.block.quorum != nil && i.block.quorum != nil && !o.block.quorum.same(i.block.quorum) {
			return fmt.Errorf("%s - Error during parsing: there is another quorum at %s", i.block.quorum.where, o.block.quorum.where)
		}
	}
	return nil
}

// begin starts the prober, with the health that was kept; c.mu is held.
func (c *centre) begin(state stateFile) error {
	if c.prober == nil {
		c.prober = prober.New(prober.Options{Observe: observed, Isolated: isolated})
		probing.Store(c.prober)
	}
	if state.dir == "" || c.keeper != nil {
		return nil
	}
	k, err := openKeeper(state.dir, c.prober, watching)
	if err != nil {
		return fmt.Errorf("%s - state: %w", state.where, err)
	}
	c.keeper = k
	return nil
}

// detach ends what an instance has, and with the last one everything: what is known of targets is kept then, and not
// forgotten.
func (c *centre) detach(i *instance) {
	c.mu.Lock()
	c.instances = slices.DeleteFunc(c.instances, func(o *instance) bool { return o == i })
	var last *prober.Prober
	var k *keeper
	var old spent
	if len(c.instances) > 0 {
		old = c.resettle()
	} else {
		last, k = c.prober, c.keeper
		c.prober, c.keeper = nil, nil
		probing.Store(nil)
		old = spent{c.take(nil), c.listener}
		c.listener = nil
	}
	c.mu.Unlock()
	old.close()
	if last != nil {
		last.Close()
	}
	if k != nil {
		k.close()
	}
	if last != nil {
		c.clear()
	}
	alerts.Detach(i)
}

// clear ends the pools after the prober has ended, unless there are instances again.
func (c *centre) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.instances) > 0 {
		return
	}
	for id, r := range c.pools {
		r.end()
		delete(c.pools, id)
	}
}

// failed is called when a restart has failed: what instances that are none of CoreDNS's have configured counts no more.
func (c *centre) failed() {
	c.mu.Lock()
	old := c.resettle()
	c.mu.Unlock()
	old.close()
}

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

// resettle is settle, and the status, after instances have gone; c.mu is held.
func (c *centre) resettle() (old spent) {
	old.voting = c.settle()
	var err error
	if old.listener, err = c.listen(); err != nil {
		log.Errorf("status: %v", err)
	}
	return old
}

// settle makes the pools and the set of what is probed those of the instances; c.mu is held. Of two instances of one
// server block the later one counts. The voting that counts no more is returned, to be closed.
func (c *centre) settle() (old *voting) {
	c.instances = slices.DeleteFunc(c.instances, func(i *instance) bool {
		dead := !c.runs(i.of)
		if dead {
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
			r.end()
			delete(c.pools, id)
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
	return old
}

// ranked are the primaries of each server block, of the latest instance of it; c.mu is held.
func (c *centre) ranked() map[string]*ranked {
	list := make(map[string]*ranked)
	for _, i := range c.instances {
		if i.ranked != nil {
			list[i.server] = i.ranked
		}
	}
	return list
}

// quorum is that of the latest instance that has one; c.mu is held.
func (c *centre) quorum() (q *quorumConfig) {
	for _, i := range c.instances {
		if i.block.quorum != nil {
			q = i.block.quorum
		}
	}
	return q
}

// forget takes back what was said to other sites of members that there are not any more.
func (c *centre) forget(wanted map[poolID]*poolConfig) {
	v := ballot.Load()
	if v == nil {
		return
	}
	targets := make(map[string]bool)
	for id, p := range wanted {
		for _, a := range p.members() {
			targets[c.pools[id].target(a)] = true
		}
	}
	v.site.Forget(func(target string) bool { return targets[target] })
}

// close ends a voting, if there is one.
func (v *voting) close() {
	if v != nil {
		v.site.Close()
	}
}

// user names what is probed for a member. Two of them may have the same check: that of a file.
func (r *runtime) user(a netip.Addr) string {
	return "pool " + r.id.name + " of " + r.id.server + " " + a.String()
}

// watches are what is probed for a pool.
func (r *runtime) watches(c *poolConfig) (list []prober.Watch) {
	for _, a := range c.members() {
		check, err := c.checkOf(a)
		if err != nil {
			continue // the Corefile was refused for that
		}
		list = append(list, prober.Watch{
			User: r.user(a), Check: check, Params: c.health, Tell: func(u prober.Update) { r.tell(a, u) },
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
