package nsfailover

import (
	"fmt"

	"github.com/understudy-dns/understudy/plugin/corefile"
)

// tellApart names the server blocks of a Corefile, once all are set up.
func (c *centre) tellApart(of *corefile.Corefile) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.blocks[of]
	blocks := make([]corefile.Block, len(list))
	for n, i := range list {
		blocks[n] = corefile.Block{Key: i.key, View: i.site.ViewName, Hosts: i.site.ListenHosts}
	}
	for n, key := range corefile.TellApart(blocks) {
		list[n].server = corefile.Label(key, blocks[n].View)
	}
}

// stateOf is the `state` of a Corefile, in whichever of its blocks that is; c.mu is held.
func (c *centre) stateOf(of *corefile.Corefile) stateFile {
	for _, i := range c.blocks[of] {
		if i.block.state.dir != "" {
			return i.block.state
		}
	}
	return stateFile{}
}

// differs says that the Corefile of an instance has something in two ways of which there is one in the process; c.mu is held.
func (c *centre) differs(i *instance) error {
	for _, o := range c.blocks[i.of] {
		if o.block.quorum != nil && i.block.quorum != nil && !o.block.quorum.same(i.block.quorum) {
			return fmt.Errorf("%s - Error during parsing: there is another quorum at %s", i.block.quorum.where, o.block.quorum.where)
		}
		if o.block.state.dir != "" && i.block.state.dir != "" && o.block.state.dir != i.block.state.dir {
			return fmt.Errorf("%s - Error during parsing: there is another state at %s", i.block.state.where, o.block.state.where)
		}
	}
	return nil
}
