package nsfailover

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/coredns/coredns/core/dnsserver"

	"github.com/understudy-dns/understudy/plugin/alerts"
	"github.com/understudy-dns/understudy/plugin/corefile"
	"github.com/understudy-dns/understudy/plugin/internal/prober"
	"github.com/understudy-dns/understudy/plugin/internal/status"
)

// process is what outlives the instances of the plugin: the prober, and the pools.
var process = newCentre()

type centre struct {
	runs     func(*corefile.Corefile) bool // whether a Corefile is one of CoreDNS's
	replaced func(*corefile.Corefile) bool // whether there is another one

	mu        sync.Mutex
	blocks    map[*corefile.Corefile][]*instance // all that were set up
	instances []*instance                        // those that run, the latest last
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
	site   *dnsserver.Config
	key    string // the first one of the server block
	server string // names the server block; complete once tellApart was called
	block  *block
	ranked *ranked // nil: nobody looks after its primaries
}

func newCentre() *centre {
	return &centre{
		runs: (*corefile.Corefile).Runs, replaced: (*corefile.Corefile).Replaced,
		blocks: make(map[*corefile.Corefile][]*instance), pools: make(map[poolID]*runtime),
	}
}

// setUp notes an instance that is to start when all of its Corefile are set up.
func (c *centre) setUp(i *instance) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blocks[i.of] = append(c.blocks[i.of], i)
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
	if err := c.begin(i.of); err != nil {
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
	alerts.Attach(i, i.block.sinks) // before anything is found, which is told to whoever is there
	old.voting = c.settle(true)
	pools = make(map[string]*runtime)
	for _, p := range i.block.pools {
		id := poolID{i.server, p.name.Canonical()}
		pools[id.name] = c.pools[id]
	}
	return pools, nil
}

// begin starts the prober, with what was kept where a Corefile says so, and has it kept there; c.mu is held.
func (c *centre) begin(of *corefile.Corefile) error {
	first := c.prober == nil
	if first {
		c.prober = prober.New(prober.Options{Observe: observed, Isolated: isolated})
	}
	if err := c.keepIn(c.stateOf(of), first); err != nil {
		if first { // nothing was restored: the next one is the first again
			c.prober.Close() // it watches nothing, and ends at once
			c.prober = nil
		}
		return err
	}
	probing.Store(c.prober)
	return nil
}

// keepIn changes where health and history are kept; c.mu is held.
func (c *centre) keepIn(state stateFile, restore bool) error {
	dir := ""
	if c.keeper != nil {
		dir = c.keeper.dir
	}
	if state.dir == dir {
		return nil
	}
	var k *keeper
	if state.dir != "" {
		var err error
		if k, err = openKeeper(state.dir, c.prober, watching, restore); err != nil {
			return fmt.Errorf("%s - state: %w", state.where, err)
		}
	}
	if c.keeper != nil {
		c.keeper.close()
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
	replaced := c.replaced(i.of)
	if len(c.instances) > 0 {
		old = c.resettle(replaced)
		if replaced && i.ranked != nil {
			i.ranked.gone(c.ranked()[i.server])
		}
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
		c.clear(replaced)
	}
	alerts.Detach(i)
}

// clear ends the pools after the prober has ended, unless there are instances again. If it is not the process that ends,
// nothing is wrong any more.
func (c *centre) clear(replaced bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.instances) > 0 {
		return
	}
	for id, r := range c.pools {
		c.drop(id, r, replaced)
	}
	if replaced {
		connected()
	}
}

// drop ends a pool; c.mu is held.
func (c *centre) drop(id poolID, r *runtime, replaced bool) {
	r.end()
	if replaced {
		r.gone()
	}
	delete(c.pools, id)
}

// failed is called when a restart has failed: what instances that are none of CoreDNS's have configured counts no more.
func (c *centre) failed() {
	c.mu.Lock()
	old := c.resettle(true)
	c.mu.Unlock()
	old.close()
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
