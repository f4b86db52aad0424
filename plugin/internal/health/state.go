package health

import "time"

// State is all that is known of one capability of one target. The zero State is that of a target that was never probed.
// It is a value: Step does not change it, and returns another one. It is saved as JSON, see Restored.
type State struct {
	Seen     Phase     `json:"seen"` // what probes say; never Admin
	Since    time.Time `json:"since,omitzero"`
	Override Override  `json:"override,omitempty"`

	Successes int    `json:"-"` // in a row, since the phase began
	Failures  int    `json:"-"` // in a row
	Timeouts  int    `json:"-"` // in a row, of queries that were no probes
	Reason    string `json:"reason,omitempty"`
	Hearsay   bool   `json:"-"` // suspect by passive evidence alone

	Changes  []time.Time `json:"changes,omitempty"` // the latest of those that count as flapping
	Dampings int         `json:"dampings,omitempty"`
	Until    time.Time   `json:"until,omitzero"`    // when the penalty ends, if nothing fails before
	Released time.Time   `json:"released,omitzero"` // when the last damping ended

	RTT     time.Duration `json:"rtt,omitempty"` // smoothed; 0: none was measured
	Checked time.Time     `json:"checked,omitzero"`
	Silent  time.Time     `json:"silent,omitzero"` // since when nothing at all was heard; zero: the last probe heard something
	Next    time.Time     `json:"-"`               // when it is to be probed; zero: at once
}

// Phase is what counts: Admin while the operator forces something, else what probes say.
func (s State) Phase() Phase {
	if s.Override != Auto {
		return Admin
	}
	return s.Seen
}

// Usable says that the target is to be used.
func (s State) Usable() bool {
	switch s.Override {
	case ForceUp:
		return true
	case ForceDown, ForceDrain:
		return false
	}
	return s.Seen == Unknown || s.Seen == Up || s.Seen == Suspect
}

// LastResort says that the target may be used when no other one is usable: it is drained or damped, and not known to
// be dead.
func (s State) LastResort(p Params) bool {
	switch s.Override {
	case ForceDrain:
		return s.Seen != Down && s.Failures < p.Fall
	case Auto:
		return s.Seen == Damped && s.Failures < p.Fall
	}
	return false
}

// Rank orders targets by health: a lower one is better. Targets of one rank are equally healthy; nobody fails over
// to another one of the same rank.
func (s State) Rank() int {
	switch s.Override {
	case ForceUp:
		return rankUp
	case ForceDrain:
		return rankDrained
	case ForceDown:
		return rankForcedDown
	}
	return ranks[s.Seen]
}

const (
	rankUp = iota
	rankUnknown
	rankSuspect
	rankRecovering // it answers
	rankDamped
	rankDrained
	rankDown
	rankForcedDown
)

var ranks = [...]int{
	Unknown: rankUnknown, Up: rankUp, Suspect: rankSuspect, Down: rankDown, Recovering: rankRecovering,
	Damped: rankDamped, Admin: rankUp,
}

// Healthier says that it is worth leaving o for s.
func (s State) Healthier(o State) bool { return s.Rank() < o.Rank() }

// smoothing is the weight of a new round-trip time (RFC 6298 §2: an eighth).
const smoothing = 8

func (s *State) measured(rtt time.Duration) {
	switch {
	case rtt <= 0: // what is checked has none
	case s.RTT == 0:
		s.RTT = rtt
	default:
		s.RTT += (rtt - s.RTT) / smoothing
	}
}
