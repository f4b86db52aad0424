package refresh

import (
	"net/netip"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// Reason is why a refresh was begun.
type Reason uint8

// The reasons, the more urgent ones later.
const (
	Timer Reason = iota
	Notified
	Requested
	// Forced: the whole zone is wanted, whatever its serial.
	Forced
)

// String is the reason as in logs and metrics.
func (r Reason) String() string { return [...]string{"timer", "notify", "request", "retransfer"}[r] }

// Result is how a refresh ended.
type Result uint8

// The results.
const (
	// Updated: a newer version was published.
	Updated Result = iota
	// Current: a primary proved that the zone is up to date.
	Current
	// Behind: primaries answered, and all of them are older than the zone. It proves nothing.
	Behind
	// Waiting: a primary is newer, and the zone waits for the pinned one (see package primary).
	Waiting
	// Failed: no primary gave anything, or none of the newer ones gave its version.
	Failed
	// Kept: a newer version is held back by the gate.
	Kept
	// Expired: not a refresh, but the end of the lease.
	Expired
)

// String is the result as in logs and metrics.
func (r Result) String() string {
	return [...]string{"updated", "current", "behind", "waiting", "failed", "held", "expired"}[r]
}

// Outcome is one refresh, told for the log, the metrics and the status.
type Outcome struct {
	Reason   Reason
	Result   Result
	Had      bool          // there was a version before
	Old, New serial.Serial // of the versions before and after
	Primary  netip.AddrPort
	Fetched  xfr.Fetched // of an Updated one, whose Version is published, and of a Kept one, if that was transferred
	Held     *Held       // of a Kept one
	Ruling   Ruling      // of the gate about the Version fetched last, or about the primaries
	Known    bool        // that Version was held before this refresh, or served before
	Errs     []error     // every attempt that failed, also of a refresh that succeeded in the end
	Failures int         // attempts in a row that failed, this one included
	Next     time.Time   // when the zone is due again
	Took     time.Duration
}

// Hint is what a NOTIFY said (RFC 1996 §3.7): who sent it, and the serial in it, if any. It decides where
// to look first, never what is true.
type Hint struct {
	From      netip.Addr
	Serial    serial.Serial
	HasSerial bool
}

// Report is what the last cycle learned of the primaries, and how it ended.
type Report struct {
	Primaries []primary.View
	Pinned    netip.AddrPort
	Source    netip.AddrPort // where the version Last.New came from
	Last      Ending
	At        time.Time
}

// Ending is what of an Outcome is kept. There are as many as zones.
type Ending struct {
	Reason Reason
	Result Result
	New    serial.Serial
	Took   time.Duration
}

// NewestPrimarySerial is the newest serial that a primary had in the last round of SOA checks.
func (r Report) NewestPrimarySerial() (s serial.Serial, ok bool) {
	for _, v := range r.Primaries {
		if v.Err == nil && (!ok || v.Serial.Newer(s)) {
			s, ok = v.Serial, true
		}
	}
	return s, ok
}

// Well says whether a primary answered the last SOA check as it should. It is not known of one that was not waited
// for; but one that was silent before is not waited for on that account, and is still not well.
func Well(v primary.View) (well, known bool) {
	if notAwaited(v) {
		return false, v.Silent().Failures > 0
	}
	return v.Err == nil, true
}
