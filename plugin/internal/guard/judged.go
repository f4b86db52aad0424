package guard

import "slices"

// judged are the rules of contentRules, in their order.
var judged = [len(contentRules)]Rule{
	SerialJump, SerialZero, SerialFuture, Deletes, Updates, ApexNS, Required, Unsigned, DSLost, DoubledName, TTL,
	Signatures, SOATimers, Growth,
}

// standing are the rules about what the primaries have, in the order of their numbers.
var standing = [...]Rule{SerialBack, SerialAmbiguous, SameSerial, PrimaryBehind, PrimariesDiffer, TooFew}

// Changeable says whether a policy may give a rule another meaning: Warn and Accept, and where the rule can hold
// something, the others too. The rest holds for every zone.
func Changeable(r Rule, v Verdict) bool {
	return slices.Contains(judged[:], r) || slices.Contains(standing[:], r) && (v <= Warn || strictest[r] == Hold)
}
