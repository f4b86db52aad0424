// Package corefile tells the Corefiles of the process apart. On a reload the instances of the new one start before those
// of the old one end, and of a start that fails nobody is told.
package corefile

import (
	"slices"

	"github.com/coredns/caddy"
)

// Corefile stands for one, in the storage of the instance of CoreDNS that was made of it.
type Corefile struct{ _ byte } // two of no size might be the same

type key struct{}

// Of is that of a controller.
func Of(c *caddy.Controller) *Corefile {
	f, ok := c.Get(key{}).(*Corefile)
	if !ok {
		f = new(Corefile)
		c.Set(key{}, f)
	}
	return f
}

// Runs says whether the instance is one of CoreDNS's, as it is from the beginning of its setup. Only callbacks of CoreDNS
// may ask.
func (f *Corefile) Runs() bool {
	return slices.ContainsFunc(caddy.Instances(), func(i *caddy.Instance) bool {
		i.StorageMu.RLock()
		defer i.StorageMu.RUnlock()
		return i.Storage[key{}] == f
	})
}

// Replaced says whether CoreDNS has an instance of another Corefile: what ends then is replaced, and not the process that
// ends. Only callbacks of CoreDNS may ask.
func (f *Corefile) Replaced() bool {
	return slices.ContainsFunc(caddy.Instances(), func(i *caddy.Instance) bool {
		i.StorageMu.RLock()
		defer i.StorageMu.RUnlock()
		return i.Storage[key{}] != f
	})
}
