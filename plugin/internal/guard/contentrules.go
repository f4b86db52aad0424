package guard

import "fmt"

// contentRules are the rules that a candidate's content is judged by. For a first version those are silent that would
// have it held: nothing better is there.
var contentRules = [...]func(p *Policy, c *Change) (Finding, bool){
	serialJump, serialZero, serialFuture, deletes, updates, nameServers, required, unsigned, dsLost, doubledName, ttls,
	signatures, soaTimers, growth,
}

// strictest is the strictest verdict that each rule gives by itself.
var strictest = [rules]Verdict{
	SerialBack: Hold, SerialAmbiguous: Hold, SerialJump: Warn, SameSerial: Warn, SerialZero: Warn, SerialFuture: Warn,
	PrimaryBehind: Warn, PrimariesDiffer: Warn, TransferBroken: Reject, Deletes: Hold, Updates: Hold, ApexNS: Hold,
	Required: Hold, Unsigned: Hold, DSLost: Hold, DoubledName: Hold, TTL: Warn, Signatures: Hold, ZONEMD: Reject,
	SOATimers: Warn, Growth: Hold, TooFew: Hold, Catalog: Hold, Alias: Reject,
}

func found(r Rule, v Verdict, format string, args ...any) (Finding, bool) {
	return Finding{r, v, fmt.Sprintf(format, args...)}, true
}

// over says whether part is more than a percentage of whole.
func over(part, whole, percent int) bool { return int64(part)*100 > int64(whole)*int64(percent) }

// share is part of whole in percent, as text.
func share(part, whole int) string {
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(max(whole, 1)))
}
