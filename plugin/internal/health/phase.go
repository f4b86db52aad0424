package health

import (
	"errors"
	"fmt"
	"slices"
)

// ErrUnknown says that a word names no phase, or no override.
var ErrUnknown = errors.New("unknown word")

// Phase is where a target is in its life.
type Phase uint8

// The phases, and whether a target is used in them.
const (
	Unknown    Phase = iota // yes: nothing is known against it
	Up                      // yes
	Suspect                 // yes, after all that are up
	Down                    // no
	Recovering              // no: it answers again, for how long is not known
	Damped                  // no, unless it is the last one: it comes and goes
	Admin                   // as the operator says
)

var phases = []string{"UNKNOWN", "UP", "SUSPECT", "DOWN", "RECOVERING", "DAMPED", "ADMIN"}

// Phases are all phases, in their order.
func Phases() []Phase { return []Phase{Unknown, Up, Suspect, Down, Recovering, Damped, Admin} }

// String is the phase as in metrics and logs.
func (p Phase) String() string {
	if int(p) < len(phases) {
		return phases[p]
	}
	return fmt.Sprintf("Phase(%d)", uint8(p))
}

// MarshalText is String.
func (p Phase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText wrote. The error wraps ErrUnknown.
func (p *Phase) UnmarshalText(text []byte) error {
	i := slices.Index(phases, string(text))
	if i < 0 {
		return fmt.Errorf("%w: phase %q", ErrUnknown, text)
	}
	*p = Phase(i)
	return nil
}

// Override is what an operator forces upon a target.
type Override string

// The overrides.
const (
	Auto       Override = ""      // none: probes decide
	ForceUp    Override = "up"    // it is used, whatever probes say
	ForceDown  Override = "down"  // it is not used
	ForceDrain Override = "drain" // it is not used, unless it is the last one
)

// ParseOverride reads up, down, drain or auto. The error wraps ErrUnknown.
func ParseOverride(word string) (Override, error) {
	switch o := Override(word); o {
	case ForceUp, ForceDown, ForceDrain:
		return o, nil
	case "auto":
		return Auto, nil
	}
	return Auto, fmt.Errorf("%w: override %q (up, down, drain or auto)", ErrUnknown, word)
}

// UnmarshalText reads an override as it was saved. The error wraps ErrUnknown.
func (o *Override) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*o = Auto
		return nil
	}
	*o, err = ParseOverride(string(text))
	return err
}

// Capability is what a target is good for. Each has a State of its own: a server may answer queries and refuse
// transfers.
type Capability string

// The capabilities.
const (
	SOA Capability = "soa" // it answers for the zone, with authority
	TCP Capability = "tcp" // a connection can be made
	XFR Capability = "xfr" // it gives the zone away
	App Capability = "app" // what clients want of it works
)
