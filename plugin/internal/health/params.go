package health

import (
	"errors"
	"fmt"
	"time"
)

// Params are how a target is probed and judged.
type Params struct {
	Interval time.Duration // between the beginnings of two probes of a target that is well
	Fast     time.Duration // of one that is suspect, recovering or damped
	Down     time.Duration // of one that is down
	Jitter   float64       // by what part of it a wait is made longer or shorter, at most
	Timeout  time.Duration // of one probe

	Fall     int           // failures in a row until it is down
	Rise     int           // successes in a row until it is up again
	Clear    int           // successes in a row until it is suspect no longer
	HoldDown time.Duration // without a failure until it is up again

	Flap       int           // changes within FlapWindow that are allowed
	FlapWindow time.Duration // within which changes count
	Penalty    time.Duration // the n-th damping lasts n times as long
	Cap        time.Duration // and no longer than this

	Passive int // timeouts in a row of others' queries that are evidence; 0: no passive evidence counts
}

// Defaults find that a target is down within some 16 seconds: Interval + (Fall-1) × Fast + Timeout.
func Defaults() Params {
	return Params{
		Interval: 10 * time.Second,
		Fast:     2 * time.Second,
		Down:     30 * time.Second,
		Jitter:   0.1,
		Timeout:  1500 * time.Millisecond,

		Fall:     3,
		Rise:     5,
		Clear:    2,
		HoldDown: 30 * time.Second,

		Flap:       4,
		FlapWindow: 10 * time.Minute,
		Penalty:    time.Minute,
		Cap:        30 * time.Minute,

		Passive: 5,
	}
}

// ErrParams says that parameters make no sense.
var ErrParams = errors.New("bad parameters")

// mostChanges bounds what is remembered of a target.
const mostChanges = 100

// Validate returns an error, which wraps ErrParams and names the words of the Corefile, unless the parameters can be
// worked with.
func (p Params) Validate() error {
	for _, rule := range []struct {
		bad  bool
		text string
	}{
		{p.Interval < time.Second, "interval is less than 1s"},
		{p.Timeout <= 0, "timeout is not positive"},
		{p.Timeout >= p.Fast, "timeout is not less than fast: probes would overlap"},
		{p.Timeout >= p.Interval, "timeout is not less than interval: probes would overlap"},
		{p.Timeout >= p.Down, "timeout is not less than down: probes would overlap"},
		{p.Fall < 1, "fall is 0"},
		{p.Rise < 1, "rise is 0"},
		{p.Clear < 1, "clear is 0"},
		{p.HoldDown < 0, "hold_down is negative"},
		{p.Flap < 1, "flap is 0"},
		{p.Flap > mostChanges, fmt.Sprintf("flap is more than %d", mostChanges)},
		{p.FlapWindow <= 0, "the window of flap is not positive"},
		{p.Penalty <= 0, "penalty is not positive"},
		{p.Cap < p.Penalty, "cap is less than penalty"},
		{p.Passive < 0, "passive is negative"},
		{!(p.Jitter >= 0 && p.Jitter < 1), "jitter is not a part of 1"},
	} {
		if rule.bad {
			return fmt.Errorf("%w: %s", ErrParams, rule.text)
		}
	}
	return nil
}

// Apart is how long after each other two targets may be seen to fail for one reason: they are probed once in this time.
func (p Params) Apart() time.Duration {
	return p.Interval + time.Duration(p.Jitter*float64(p.Interval)) + p.Timeout
}

// penalty is how long the n-th damping lasts.
func (p Params) penalty(n int) time.Duration {
	if time.Duration(n) > p.Cap/p.Penalty {
		return p.Cap
	}
	return time.Duration(n) * p.Penalty
}
