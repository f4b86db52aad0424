package primary

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// plain are the faults without a parameter.
var plain = []func() Fault{
	Refused, Servfail, Notauth, Notimp, Formerr, Nxdomain, Empty, NoAA, Truncated,
	WrongID, WrongIDLater, NotAResponse, WrongQuestion, WrongQtype, NoQuestionLater,
	NoQuestion, RcodeLater, OtherOwner, TwoSOAs, CNAMEAtApex,
	NoFinalSOA, OtherFinalSOA, FinalSOADiffers, NoFirstSOA, AfterFinalSOA, MidSOA,
	MidSOAOther, SOABelowApex, OutOfZone, OtherClass, Duplicates, DifferingTTLs,
	CNAMEAndData, NoNS, OnlySOAs, Upper, Unknown, MalformedRDATA, Shuffled,
	LoneSOA, SingleSOA, AXFRStyle, Condensed, WrongBase, BrokenChain, DeletesAbsent,
	AddsPresent, RepeatsSequence,
	Silent, CloseAtOnce, ResetAfterEnd, SOAEndsMessage, Endless, LyingCount, LyingLength,
	Unsigned, BadMAC, SignFirst, SignLast, SignFirstAndLast, BadSig, BadKey,
}

// numbered are the faults with a number, and the number when none is given.
var numbered = map[string]struct {
	make  func(int) Fault
	usual int
}{
	"close_after":   {CloseAfter, 1},
	"hang_after":    {HangAfter, 1},
	"reset_after":   {ResetAfter, 1},
	"slow":          {Slow, 1},
	"delay_ms":      {func(n int) Fault { return Delayed(time.Duration(n) * time.Millisecond) }, 100},
	"per_message":   {RecordsPerMessage, 1},
	"one_by_one":    {RecordsPerMessage, 1},
	"message_size":  {MessageSize, 512},
	"oversize_rr":   {OversizeRR, 65000},
	"skew":          {Skew, 301},
	"badtime":       {BadTime, 301},
	"sign_every":    {SignEvery, 100},
	"altered":       {Altered, 1},
	"short_message": {ShortMessage, 0},
	"cut_message":   {func(n int) Fault { return CutMessage(n, 3) }, 0},
}

// Names are all names that ByName knows, sorted; those that take a number have
// a final "=".
func Names() []string {
	var names []string
	for _, f := range plain {
		names = append(names, strings.TrimSuffix(f().Name, "/udp"))
	}
	for name := range numbered {
		names = append(names, name+"=")
	}
	for _, c := range compressions {
		names = append(names, "compression="+c)
	}
	slices.Sort(names)
	return names
}

// ByName is the fault of a name, as scenario files have it: "refused",
// "close_after=3", "compression=chains". With "/udp" or "/tcp" behind it, it
// holds for that transport only.
func ByName(name string) (Fault, error) {
	if base, ok := strings.CutSuffix(name, "/udp"); ok {
		f, err := ByName(base)
		return OverUDP(f), err
	}
	if base, ok := strings.CutSuffix(name, "/tcp"); ok {
		f, err := ByName(base)
		return OverTCP(f), err
	}
	base, value, given := strings.Cut(name, "=")
	if base == "compression" {
		for c, s := range compressions {
			if s == value {
				return Compressed(c), nil
			}
		}
	}
	if n, ok := numbered[base]; ok {
		number := n.usual
		if given {
			var err error
			if number, err = strconv.Atoi(value); err != nil {
				return Fault{}, fmt.Errorf("fault %q: %w", name, err)
			}
		}
		return n.make(number), nil
	}
	for _, make := range plain {
		if f := make(); !given && strings.TrimSuffix(f.Name, "/udp") == base {
			return f, nil
		}
	}
	return Fault{}, fmt.Errorf("no fault is called %q", name)
}
