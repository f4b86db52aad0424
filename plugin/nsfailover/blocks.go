package nsfailover

import (
	"fmt"
	"strings"

	"github.com/understudy-dns/understudy/plugin/corefile"
)

// tellApart completes the names of the server blocks of a Corefile, once all are set up: the view, and for blocks with the
// same first key and the same view the addresses that they are bound to.
func (c *centre) tellApart(of *corefile.Corefile) {
	c.mu.Lock()
	defer c.mu.Unlock()
	named := make(map[string]int)
	for _, i := range c.blocks[of] {
		named[i.base()]++
	}
	for _, i := range c.blocks[of] {
		if i.server = i.base(); named[i.server] > 1 {
			i.server += "@" + strings.Join(i.site.ListenHosts, ",")
		}
	}
}

// base is the first key of the server block, with its view.
func (i *instance) base() string {
	if i.site.ViewName != "" {
		return i.key + "/" + i.site.ViewName
	}
	return i.key
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
