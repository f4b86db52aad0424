package status

import "time"

// Primary is how a primary is configured, and what the last refresh learned of it.
type Primary struct {
	Address string   `json:"address"`
	TLS     bool     `json:"tls"`
	Key     string   `json:"key,omitempty"` // the name of the TSIG key
	Serial  *uint32  `json:"serial,omitempty"`
	RTT     *float64 `json:"rtt_seconds,omitempty"`
	// LeaseUntil is when the primary's own lease ends, which is a secondary itself (RFC 7314).
	LeaseUntil time.Time `json:"lease_until,omitzero"`
	Pinned     bool      `json:"pinned"` // the zone stays with it
	Source     bool      `json:"source"` // the version came from it
	Error      string    `json:"error,omitempty"`
	Silent     *Outage   `json:"silent,omitempty"` // SOA checks get no answer
	Closed     *Outage   `json:"closed,omitempty"` // transfers cannot connect
}

// Outage is a time during which a primary cannot be reached.
type Outage struct {
	Since    time.Time `json:"since"`
	Until    time.Time `json:"until"` // until then it is not waited for
	Failures int       `json:"failures"`
}

// Timers are those of the SOA in seconds, within the bounds that are configured.
type Timers struct {
	Refresh float64 `json:"refresh"`
	Retry   float64 `json:"retry"`
	Expire  float64 `json:"expire"`
}

// Persist is what of a zone is on disk.
type Persist struct {
	Directory string  `json:"directory"`
	Serial    *uint32 `json:"serial,omitempty"` // that a restart would find
	Errors    uint64  `json:"errors"`           // attempts to save the zone that failed
}

// Secondary is one that is told of new versions.
type Secondary struct {
	Address string   `json:"address"`
	Key     string   `json:"key,omitempty"`
	Pending bool     `json:"pending"` // there is something that it has not been told, or has not answered
	Last    *Telling `json:"last,omitempty"`
}

// Telling is what became of a NOTIFY.
type Telling struct {
	Time   time.Time `json:"time"`
	Serial uint32    `json:"serial"`
	Result string    `json:"result"`
	Reason string    `json:"reason,omitempty"`
}

// TransfersOut are queries for transfers, by what became of them.
type TransfersOut struct {
	Sent    uint64 `json:"sent"`
	Refused uint64 `json:"refused"`
	Broken  uint64 `json:"broken"`
}

// Catalog is what a catalog zone has.
type Catalog struct {
	Members   int      `json:"members"` // that are served
	Held      int      `json:"held"`
	HeldZones []string `json:"held_zones,omitempty"` // the first of them
	Broken    string   `json:"broken,omitempty"`     // why the version is no catalog
}

// MemberOf is the catalog zone that a zone comes from.
type MemberOf struct {
	Catalog   string    `json:"catalog"`
	ID        string    `json:"id"`
	Groups    []string  `json:"groups,omitempty"`
	HeldSince time.Time `json:"held_since,omitzero"` // the catalog has lost it
}
