package xfr

import (
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Options say how a zone is fetched.
type Options struct {
	// IXFR allows to ask for what changed since the version we have.
	IXFR bool
	// Force takes the whole zone, whatever its serial.
	Force bool
}

// How is in which form the zone came.
type How uint8

// The forms.
const (
	Unchanged   How = iota // the primary has our version; nothing was transferred
	ByAXFR                 // asked by AXFR
	ByIXFR                 // deltas
	ByWholeIXFR            // the whole zone in reply to an IXFR query (RFC 1995 §4)
	PutBack                // not transferred: the operator wanted a version that was served before
)

// String is the form as in logs and metrics.
func (h How) String() string {
	return [...]string{"current", "axfr", "ixfr", "axfr-style ixfr", "rollback"}[h]
}

// Fetched is the outcome of a Fetch: a candidate, not yet published by anybody.
type Fetched struct {
	Version  *zone.Version // nil when How is Unchanged
	Delta    *zone.Delta   // from the version we had to Version
	How      How
	Serial   serial.Serial // what the primary offered; valid when Offered
	Offered  bool
	Counts                 // of the reply that was used
	Octets   int64         // received, of all replies
	Duration time.Duration // of the whole Fetch
	// Granted is when the lease of a primary that is itself a secondary runs out (RFC 7314); zero: it told none.
	Granted  time.Time
	FellBack error // why the IXFR before this AXFR failed, or nil
}
