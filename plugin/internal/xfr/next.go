package xfr

import "errors"

// Step is what a refresh does after an attempt that failed.
type Step uint8

// The steps, the least effort first.
const (
	// Later: asking anybody now is pointless. Wait for the next round.
	Later Step = iota
	// NextPrimary: this primary is of no use now. Ask another one.
	NextPrimary
	// AskWhole: ask the same primary for an AXFR. Fetch does this itself, in the same call.
	AskWhole
)

// String is the step in words.
func (s Step) String() string { return [...]string{"later", "next primary", "AXFR"}[s] }

// decisions is read from the top: the first row whose error matches decides, whatever was asked.
var decisions = []struct {
	err  error
	step Step
}{
	{ErrStopped, Later},
	{ErrLocal, Later},
	{ErrConnect, NextPrimary},
	{ErrTime, NextPrimary}, // one budget for a whole Fetch: nothing is left for an AXFR
	{ErrRate, NextPrimary}, // a longer reply over the same path takes longer still
	{ErrOlder, NextPrimary},
	{ErrExpired, NextPrimary},
	{errKey, NextPrimary}, // an AXFR would meet the same key and the same clock
}

// Next says what to do after err, an error from a Client: every failure of an IXFR that is not about the
// path, the key or us leads to an AXFR from the same primary; every other failure to the next primary.
func Next(err error) Step {
	for _, row := range decisions {
		if errors.Is(err, row.err) {
			return row.step
		}
	}
	var e *Error
	if errors.As(err, &e) && e.Op == OpIXFR {
		return AskWhole
	}
	return NextPrimary
}
