package nswatch

import (
	"cmp"
	"slices"
)

// Kind is what a finding is about.
type Kind string

// The kinds.
const (
	Unreachable Kind = "unreachable" // a server that does not answer
	Lame        Kind = "lame"        // one that is no authority for the zone
	Lag         Kind = "lag"         // one with an older serial
	Drift       Kind = "drift"       // one with other records
	Delegation  Kind = "delegation"  // the parent and the zone differ
	Expiring    Kind = "expiring"    // signatures that end soon
	Invalid     Kind = "invalid"     // signatures that do not validate
	Shared      Kind = "shared"      // what fails together
)

// Of Delegation and Shared, Subject.What says in which respect.
const (
	NS     = "ns"     // the NS RRsets differ
	Glue   = "glue"   // the addresses differ
	DS     = "ds"     // the DS RRset leads to no DNSKEY
	Prefix = "prefix" // all addresses are in one network
	ASN    = "asn"    // all addresses are in one autonomous system
	Single = "single" // there are fewer than two nameservers
)

// Subject is what may be judged: a finding is about one, and there is one finding a subject at most.
type Subject struct {
	Kind   Kind
	What   string
	Server Server // zero: it is about the zone
}

// Finding is something that is not as it should be.
type Finding struct {
	Subject
	Critical bool
	// Text is for the operator. It is the same as long as nothing happens: it has no ages in it.
	Text string
}

// Report is what became of a round.
type Report struct {
	Findings []Finding
	Known    map[Subject]bool // what could be judged; true: there is a finding
}

func newReport() *Report { return &Report{Known: make(map[Subject]bool)} }

// good notes that a subject could be judged, and that nothing was found.
func (r *Report) good(s Subject) {
	if _, known := r.Known[s]; !known {
		r.Known[s] = false
	}
}

func (r *Report) found(s Subject, critical bool, text string) {
	r.Known[s] = true
	r.Findings = append(r.Findings, Finding{s, critical, text})
}

// sorted puts the findings into an order that does not depend on chance.
func (r *Report) sorted() *Report {
	r.Findings = Sorted(r.Findings)
	return r
}

// Sorted puts a list into that order.
func Sorted(list []Finding) []Finding {
	slices.SortFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.What, b.What), cmp.Compare(a.Server.String(), b.Server.String()))
	})
	return list
}
