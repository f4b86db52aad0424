package notify

import (
	"net/netip"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// Target is a secondary to tell.
type Target struct {
	Addr   netip.AddrPort
	Key    *xfr.Key   // signs the NOTIFY; its answer must then be signed, too. nil: unsigned
	Source netip.Addr // the local address; the zero Addr leaves it to the system
}

// local is the address of the socket for the target.
func (t Target) local() netip.Addr {
	switch {
	case t.Source.IsValid():
		return t.Source
	case t.Addr.Addr().Unmap().Is4():
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}

// Zone is a zone whose versions are told. It belongs to one Sender.
type Zone struct {
	apex    owner.Name
	observe func(Outcome)
	tasks   map[netip.AddrPort]*task // guarded by Sender.mu
}

// NewZone is a zone of which nothing is to be told yet. observe is called with what became of each task, by
// several goroutines; it must not call Close.
func NewZone(apex owner.Name, observe func(Outcome)) *Zone {
	return &Zone{apex: apex, observe: observe, tasks: make(map[netip.AddrPort]*task)}
}

// Result is how the telling of a version to a target ended.
type Result uint8

// The results.
const (
	// Acknowledged: the target answered NOERROR.
	Acknowledged Result = iota
	// Refused: the target answered with another RCODE.
	Refused
	// NotImplemented: the target answered NOTIMP, it does not know NOTIFY (RFC 1996 §3.6).
	NotImplemented
	// Unverified: what came does not prove to be the target's answer to a signed NOTIFY.
	Unverified
	// Unanswered: no answer came to any of the messages.
	Unanswered

	// Results is their number.
	Results
)

// String is the result as in metrics.
func (r Result) String() string {
	return [...]string{"acknowledged", "refused", "notimp", "unverified", "unanswered"}[r]
}

// Outcome is what became of telling a version to a target.
type Outcome struct {
	Target netip.AddrPort
	Serial serial.Serial
	Result Result
	Rcode  uint8 // of the answer, when there was one
	Sent   int   // messages that told of this version
	Err    error // why there is no answer that counts; nil: nothing is known of the reason
}
