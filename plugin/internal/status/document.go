package status

import "time"

// ID tells zones apart: the same name may be served by several server blocks, and in several views.
type ID struct {
	Zone   string `json:"zone"`   // lower-case presentation form, with the final dot
	Server string `json:"server"` // the first key of the server block
	View   string `json:"view,omitempty"`
}

// Zone is all that is told of a zone. What is not known is left out.
type Zone struct {
	ID
	State          string         `json:"state"`
	Serial         *uint32        `json:"serial,omitempty"`
	Records        int            `json:"records"`
	RRsets         int            `json:"rrsets"`
	Types          map[string]int `json:"types,omitempty"` // records of each
	Octets         int            `json:"octets"`          // memory
	Deltas         Deltas         `json:"deltas"`
	Primaries      []Primary      `json:"primaries"`
	Refreshing     bool           `json:"refreshing"`
	Queued         bool           `json:"queued"`
	LastSuccess    time.Time      `json:"last_success,omitzero"`
	NextRefresh    time.Time      `json:"next_refresh,omitzero"`
	Expires        time.Time      `json:"expires,omitzero"`
	StaleUntil     time.Time      `json:"stale_until,omitzero"` // of a stale zone; zero: without end
	FallbackSerial *uint32        `json:"fallback_serial,omitempty"`
	Timers         *Timers        `json:"timers,omitempty"`
	Failures       int            `json:"failures"` // in a row
	LastRefresh    *Refresh       `json:"last_refresh,omitempty"`
	LastError      *Mishap        `json:"last_error,omitempty"`
	Transfer       *Transfer      `json:"last_transfer,omitempty"`
	Held           *Held          `json:"held,omitempty"`
	Warnings       []Finding      `json:"warnings,omitempty"` // about the primaries
	Kept           []Kept         `json:"kept_versions,omitempty"`
	Persist        *Persist       `json:"persist,omitempty"`
	Secondaries    []Secondary    `json:"secondaries,omitempty"` // that are told of new versions
	TransfersOut   TransfersOut   `json:"transfers_out"`
	// Notifies are the NOTIFY messages that were received, by what became of them: every result is there.
	Notifies map[string]uint64 `json:"notifies"`
	Catalog  *Catalog          `json:"catalog,omitempty"`
	MemberOf *MemberOf         `json:"member_of,omitempty"`
}

// Deltas are the kept changes that led to the version that is served.
type Deltas struct {
	Count        int     `json:"count"`
	Octets       int     `json:"octets"`
	OldestSerial *uint32 `json:"oldest_serial,omitempty"` // where the first of them begins
}

// Refresh is how a refresh ended.
type Refresh struct {
	Time    time.Time `json:"time"`
	Reason  string    `json:"reason"`
	Result  string    `json:"result"`
	Seconds float64   `json:"seconds"`
}

// Mishap is what went wrong, and how the refresh in which it did ended all the same.
type Mishap struct {
	Time   time.Time `json:"time"`
	Result string    `json:"result"`
	Reason string    `json:"reason"`
}

// Held is a version that is kept back.
type Held struct {
	Serial   uint32    `json:"serial"`
	Primary  string    `json:"primary"`
	Since    time.Time `json:"since"`
	Again    time.Time `json:"next_decision,omitzero"`
	Until    time.Time `json:"deadline,omitzero"` // when the waiting ends, one way or the other
	Findings []Finding `json:"findings"`
	Note     string    `json:"note,omitempty"`
	Digest   string    `json:"digest,omitempty"` // by which it can be approved
	// Difference is from the version that is served.
	Difference *Difference `json:"difference,omitempty"`
}

// Difference is which records go and come. Of very many only the first are there.
type Difference struct {
	Deletions int      `json:"deletions"`
	Additions int      `json:"additions"`
	Deleted   []string `json:"deleted,omitempty"`
	Added     []string `json:"added,omitempty"`
	Cut       bool     `json:"cut,omitempty"` // not all of them are there
}

// Kept is a version that was served before and can be put back.
type Kept struct {
	Serial  uint32    `json:"serial"`
	Records int       `json:"records"`
	Until   time.Time `json:"until"`
}

// Finding is one thing that is wrong with it.
type Finding struct {
	Rule    string `json:"rule"`
	Verdict string `json:"verdict"`
	Reason  string `json:"reason"`
}

// Transfer is one that brought a version.
type Transfer struct {
	Time     time.Time `json:"time"`
	Kind     string    `json:"kind"`
	Primary  string    `json:"primary"`
	Serial   uint32    `json:"serial"`
	Messages int       `json:"messages"`
	Records  int       `json:"records"` // in the messages
	Octets   int64     `json:"octets"`  // received
	Seconds  float64   `json:"seconds"`
}

// Summary is what is told of the whole process.
type Summary struct {
	Version   Version        `json:"version"`
	Started   time.Time      `json:"started"`
	Zones     map[string]int `json:"zones"` // by state: every state is there
	Refreshes Refreshes      `json:"refreshes"`
	Transfers Transfers      `json:"transfers"`
	Primaries []PrimaryTotal `json:"primaries"` // in order of their addresses
}

// PrimaryTotal is a primary with the number of zones that it is one of.
type PrimaryTotal struct {
	Address string `json:"address"`
	Zones   int    `json:"zones"`
	Failing int    `json:"failing"` // zones of which the last SOA check failed there
}

// Version is of the program.
type Version struct {
	CoreDNS string `json:"coredns"`
	Build   string `json:"build,omitempty"`
	Go      string `json:"go"`
}

// Refreshes are those that run and those that wait for a place.
type Refreshes struct {
	Running int `json:"running"`
	Queued  int `json:"queued"`
}

// Transfers are those that run, and how many may.
type Transfers struct {
	Running    int `json:"running"`
	Limit      int `json:"limit"`
	PerPrimary int `json:"per_primary"`
}

// Done is what an Order led to. Without waiting, it says only what was begun.
type Done struct {
	ID
	Action  string  `json:"action"`
	Result  string  `json:"result,omitempty"`
	Serial  *uint32 `json:"serial,omitempty"` // afterwards
	Primary string  `json:"primary,omitempty"`
	Reason  string  `json:"reason,omitempty"` // what went wrong
	// Released are the members of a catalog zone that were held, and no longer are.
	Released int  `json:"released,omitempty"`
	Failed   bool `json:"-"`
	Complete bool `json:"-"` // nothing of it is still to come, although nobody waits
}

// At is a moment as documents have it: in UTC, to the millisecond.
func At(t time.Time) time.Time { return t.Round(0).UTC().Truncate(time.Millisecond) }
