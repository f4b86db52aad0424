package guard

// What delegations may lose of their DS at once. A few do so every day.
const (
	dsLostCount = 3
	dsLostWarn  = 1  // percent, at the least
	dsLostHold  = 10 // percent, at the most
)

// dsLost: delegations are still there, and have no DS any more, so that their zones are not validated (RFC 4035 §5.2).
// They are counted as a part of all that had DS.
func dsLost(_ *Policy, c *Change) (Finding, bool) {
	if c.Old == nil || c.Before == nil {
		return Finding{}, false
	}
	lost, all := c.Difference().insecure, c.Before.Secure
	if lost < dsLostCount || int64(lost)*100 < int64(all)*dsLostWarn {
		return Finding{}, false
	}
	verdict := Warn
	if over(lost, all, dsLostHold) {
		verdict = Hold
	}
	return found(DSLost, verdict, "takes the DS from %d of %d delegations (%s), limit %d %%",
		lost, all, share(lost, all), dsLostHold)
}
