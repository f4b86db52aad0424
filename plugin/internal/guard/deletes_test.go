package guard

import "testing"

func TestNamesThatGoInBulk(t *testing.T) {
	const host = "h%d A 192.0.2.1"
	hundred := usual + lines(0, 99, host) // names, with the apex
	minimum := func(p *Policy) { p.MinRecords = 53 }
	check(t, Deletes, []ruleCase{
		{name: "nothing goes", was: hundred, is: hundred},
		{name: "thirty of a hundred", was: hundred, is: usual + lines(30, 99, host)},
		{
			name: "one more", was: hundred, is: usual + lines(31, 99, host),
			verdict: Hold, reason: "deletes 31 of 100 names (31.0 %), limit 30 %",
		},
		{
			name: "all but two, and as many others come", was: hundred, is: usual + lines(97, 200, host),
			verdict: Hold, reason: "deletes 97 of 100 names (97.0 %), limit 30 %",
		},
		{name: "they all have other records", was: hundred, is: usual + lines(0, 99, "h%d AAAA 2001:db8::1")},
		{
			name: "what a signer made of them is left", was: hundred + lines(0, 99, "h%d NSEC h A NSEC"),
			is:      usual + lines(40, 99, host) + lines(0, 99, "h%d NSEC h A NSEC") + lines(0, 40, sigOver("h%d", "NSEC", 72)),
			verdict: Hold, reason: "deletes 40 of 100 names",
		},
		{name: "nine of twelve", was: usual + lines(0, 11, host), is: usual + lines(9, 11, host)},
		{
			name: "ten of twelve", was: usual + lines(0, 11, host), is: usual + lines(10, 11, host),
			verdict: Hold, reason: "deletes 10 of 12 names (83.3 %), limit 30 %",
		},
		{
			name: "half, where the operator allows it", was: hundred, is: usual + lines(50, 99, host),
			policy: func(p *Policy) { p.DeletePercent = 50 },
		},
		{
			name: "and more", was: hundred, is: usual + lines(51, 99, host), policy: func(p *Policy) { p.DeletePercent = 50 },
			verdict: Hold, reason: "deletes 51 of 100 names (51.0 %), limit 50 %",
		},
		{
			name: "the zone is signed no more", is: hundred,
			was: hundred + lines(0, 99, "h%d NSEC h A NSEC") + hashed(0, 100) + lines(0, 99, sigOver("h%d", "A", 72)),
		},
		{name: "the zone has another salt", was: hundred + hashed(0, 100), is: hundred + hashed(100, 200)},
		{
			name: "as few records as there must be", was: usual + lines(0, 70, host),
			is: usual + lines(20, 70, host), policy: minimum,
		},
		{
			name: "one less", was: usual + lines(0, 70, host), is: usual + lines(21, 70, host), policy: minimum,
			verdict: Hold, reason: "has 52 records, down from 73, limit 53",
		},
		{name: "there were as few before", was: usual + lines(0, 9, host), is: usual + lines(1, 9, host), policy: minimum},
		{name: "one of two names is left", was: usual + lines(0, 2, host), is: usual + lines(0, 1, host)},
		{
			name: "only the apex is left", was: usual + lines(0, 2, host), is: usual + "@ A 192.0.2.1",
			verdict: Hold, reason: "has nothing left but the apex, out of 3 names",
		},
		{
			name: "only the apex and its NSEC3 are left", was: usual + lines(0, 2, host) + hashed(0, 3),
			is:      usual + hashed(0, 1),
			verdict: Hold, reason: "has nothing left but the apex, out of 3 names",
		},
		{name: "there never was more than the apex", was: usual, is: usual + "@ A 192.0.2.1"},
	})
}

func TestRRsetsThatChangeInBulk(t *testing.T) {
	const one, two = "h%d A 192.0.2.1", "h%d A 192.0.2.2"
	hundred := usual + lines(0, 99, one) // RRsets
	check(t, Updates, []ruleCase{
		{name: "thirty of a hundred", was: hundred, is: usual + lines(0, 30, two) + lines(30, 99, one)},
		{
			name: "one more", was: hundred, is: usual + lines(0, 31, two) + lines(31, 99, one),
			verdict: Warn, reason: "touches 31.0 % of 100 RRsets, limit 30 %: 0 go, 31 change, most of them A",
		},
		{
			name: "half", was: hundred, is: usual + lines(0, 50, two) + lines(50, 99, one),
			verdict: Warn, reason: "touches 50.0 % of 100 RRsets, limit 30 %",
		},
		{
			name: "more than half", was: hundred, is: usual + lines(0, 51, two) + lines(51, 99, one),
			verdict: Hold, reason: "touches 51.0 % of 100 RRsets, limit 50 %: 0 go, 51 change, most of them A",
		},
		{
			name: "some of both", was: hundred,
			is:      usual + lines(22, 53, two) + lines(53, 99, one),
			verdict: Hold, reason: "touches 53.0 % of 100 RRsets, limit 50 %: 22 go, 31 change, most of them A",
		},
		{
			name: "as many come as there were, and more", was: hundred, is: hundred + lines(0, 99, "n%d A 192.0.2.1") + lines(0, 99, "n%d AAAA 2001:db8::1"),
		},
		{
			name: "two records more in a few RRsets are as many changes as those", was: hundred,
			is: hundred + lines(0, 29, two),
		},
		{
			name: "the TTLs of a third", was: hundred, is: usual + lines(0, 33, "h%d 60 A 192.0.2.1") + lines(33, 99, one),
			verdict: Warn, reason: "touches 33.0 % of 100 RRsets",
		},
		{name: "nine of ten", was: usual + lines(0, 9, one), is: usual + lines(0, 9, two)},
		{
			name: "ten of eleven", was: usual + lines(0, 10, one), is: usual + lines(0, 10, two),
			verdict: Hold, reason: "touches 90.9 % of 11 RRsets",
		},
		{
			name: "the zone is signed", was: hundred,
			is: hundred + lines(0, 99, "h%d NSEC h A NSEC") + hashed(0, 100) + lines(0, 99, sigOver("h%d", "A", 72)),
		},
		{
			name: "the zone is signed again", was: hundred + lines(0, 99, sigOver("h%d", "A", 72)),
			is: hundred + lines(0, 99, sigOver("h%d", "A", 92)),
		},
		{name: "the zone has another salt", was: hundred + hashed(0, 100), is: hundred + hashed(100, 200)},
		{name: "another spelling of names is none", was: hundred, is: usual + lines(0, 99, "H%d A 192.0.2.1")},
	})
}

func TestAZoneGrowsOutOfHand(t *testing.T) {
	const host = "h%d A 192.0.2.1"
	check(t, Growth, []ruleCase{
		{name: "tenfold", was: usual + lines(0, 100, host), is: usual + lines(0, 1009, host)},
		{
			name: "more than that", was: usual + lines(0, 100, host), is: usual + lines(0, 1010, host),
			verdict: Hold, reason: "has 1011 RRsets, up from 101, limit 10 times",
		},
		{name: "a thousand are made at once", was: usual, is: usual + lines(0, 999, host)},
		{
			name: "one more than a thousand are", was: usual, is: usual + lines(0, 1000, host),
			verdict: Hold, reason: "has 1001 RRsets, up from 1",
		},
		{
			name: "what a signer makes does not count", was: usual + lines(0, 100, host),
			is: usual + lines(0, 100, host) + hashed(0, 1500) + lines(0, 100, "h%d NSEC h A NSEC"),
		},
	})
}
