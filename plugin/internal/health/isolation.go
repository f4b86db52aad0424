package health

import (
	"net/netip"
	"time"
)

// freeze is how long nothing is decided for the sole reason that all targets are silent.
const freeze = time.Minute

// Isolation is the suspicion that we are cut off ourselves. The zero Isolation is none.
type Isolation struct {
	Since  time.Time // when it came up; zero: there is none
	Canary bool      // no canary is heard; else all targets fell silent together
}

// Look is what a target contributes to the suspicion.
type Look struct {
	Addr   netip.Addr
	Canary bool      // it is asked for nothing else than this
	Silent time.Time // as State.Silent
}

// Frozen says that no probe may change the phase of a target. Where no canary tells when that ends, it ends after a
// minute: then what probes say is taken for what it is.
func (i Isolation) Frozen(now time.Time) bool {
	return !i.Since.IsZero() && (i.Canary || now.Before(i.Ends()))
}

// Ends is when the freeze ends by itself; zero: it does not, or there is none.
func (i Isolation) Ends() time.Time {
	if i.Since.IsZero() || i.Canary {
		return time.Time{}
	}
	return i.Since.Add(freeze)
}

// Step is the suspicion after a probe. There is one if all canaries are silent, or if all other targets are, and those
// that fell silent last did so together, within apart, in at least two networks. Whoever was dead before proves nothing,
// and neither does a network of which it may be that it fails as a whole.
func (i Isolation) Step(looks []Look, apart time.Duration, now time.Time) Isolation {
	canary := silent(looks, true)
	together := silent(looks, false) && networks(looks, apart) >= 2
	if !canary && !together {
		return Isolation{}
	}
	if i.Since.IsZero() {
		i.Since = now
	}
	i.Canary = canary
	return i
}

// silent says that there are canaries, or other targets, and that nothing is heard of any of them.
func silent(looks []Look, canaries bool) bool {
	found := false
	for _, l := range looks {
		if l.Canary != canaries {
			continue
		}
		if found = true; l.Silent.IsZero() {
			return false
		}
	}
	return found
}

// networks counts the networks of those targets that fell silent within apart of the last one that did.
func networks(looks []Look, apart time.Duration) int {
	var last time.Time
	for _, l := range looks {
		if !l.Canary && l.Silent.After(last) {
			last = l.Silent
		}
	}
	found := make(map[netip.Prefix]bool)
	for _, l := range looks {
		if !l.Canary && last.Sub(l.Silent) <= apart {
			found[Network(l.Addr)] = true
		}
	}
	return len(found)
}

// Network is what is taken for one network: a /24 of IPv4, a /48 of IPv6.
func Network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 48
	if a.Is4() {
		bits = 24
	}
	network, _ := a.Prefix(bits) // fails for no address at all only, which is then a network of its own
	return network
}
