package guard

// judged are the rules of contentRules, in their order.
var judged = [len(contentRules)]Rule{
	SerialJump, SerialZero, SerialFuture, Deletes, Updates, ApexNS, Required, Unsigned, DSLost, DoubledName, TTL,
	Signatures, SOATimers, Growth,
}

// ContentRules are the rules that Examine judges by, in the order of their numbers. The others hold for every zone, and
// cannot be changed.
func ContentRules() []Rule { return judged[:] }
