package guard

// deletes: names are gone, so many that the zone was rather cut off or emptied than edited. A zone whose old version is
// below MinRecords already is not held for that.
func deletes(p *Policy, c *Change) (Finding, bool) {
	if c.Old == nil {
		return Finding{}, false
	}
	if d := c.Difference(); d.NamesDeleted >= p.DeleteCount && over(d.NamesDeleted, d.Names, p.DeletePercent) {
		return found(Deletes, Hold, "deletes %d of %d names (%s), limit %d %%",
			d.NamesDeleted, d.Names, share(d.NamesDeleted, d.Names), p.DeletePercent)
	}
	if was, is := c.Old.Records(), c.Version.Records(); is < p.MinRecords && was >= p.MinRecords {
		return found(Deletes, Hold, "has %d records, down from %d, limit %d", is, was, p.MinRecords)
	}
	if was := contentNames(c.Old); was > 1 && contentNames(c.Version) == 1 {
		return found(Deletes, Hold, "has nothing left but the apex, out of %d names", was)
	}
	return Finding{}, false
}
