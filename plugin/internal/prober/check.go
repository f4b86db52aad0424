package prober

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/health"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// Check is one way to find out whether a target works. It is safe for concurrent use, and holds nothing open between two
// runs.
type Check interface {
	Key() Key
	// Run checks once, and returns soon after ctx has ended.
	Run(ctx context.Context) Result
}

// Kind is what a check does: the word in the Corefile, but for KindXFR.
type Kind string

// The kinds.
const (
	KindSOA   Kind = "soa"
	KindXFR   Kind = "xfr" // the SOA, as a transfer would begin
	KindTCP   Kind = "tcp"
	KindDNS   Kind = "dns"
	KindHTTP  Kind = "http"
	KindHTTPS Kind = "https"
	KindFile  Kind = "file"
)

// Capability is what a check of the kind tells of.
func (k Kind) Capability() health.Capability {
	switch k {
	case KindSOA:
		return health.SOA
	case KindXFR:
		return health.XFR
	case KindTCP:
		return health.TCP
	}
	return health.App
}

// Key identifies a check. Two with the same key ask the same of the same address.
type Key struct {
	Kind Kind           `json:"kind"`
	Addr netip.AddrPort `json:"addr,omitzero"` // zero: it has none
	What string         `json:"what,omitempty"`
}

func (k Key) compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Kind, o.Kind), k.Addr.Compare(o.Addr), cmp.Compare(k.What, o.What))
}

// String is the key in a line of a log.
func (k Key) String() string {
	text := string(k.Kind)
	if k.Addr.IsValid() {
		text += " " + k.Addr.String()
	}
	if k.What != "" {
		text += " " + k.What
	}
	return text
}

// Result is what a check found.
type Result struct {
	Outcome Outcome
	Err     error         // what exactly is wrong; nil: nothing is
	RTT     time.Duration // of a success; 0: none was measured
	Took    time.Duration // the check, where that is not as long as it took to notice; 0: just as long

	Serial    serial.Serial // of the zone; meaningful when HasSerial
	HasSerial bool
	Granted   time.Time // when the lease of a primary runs out that is itself a secondary; zero: it told none

	Load    float64 // what the header said; meaningful when HasLoad
	HasLoad bool
}

// Outcome is a result in a word. There are few of them: they are values of a label.
type Outcome string

// The outcomes.
const (
	OK          Outcome = "ok"
	Timeout     Outcome = "timeout"     // nothing was heard in time
	Unreachable Outcome = "unreachable" // nothing could be sent, or the network said that it does not get there
	Refused     Outcome = "refused"     // nobody listens there
	TLSFailed   Outcome = "tls"         // the handshake failed, the certificate does not fit
	Rcode       Outcome = "rcode"       // an RCODE other than NOERROR
	Lame        Outcome = "lame"        // no authority for the zone
	Expired     Outcome = "expired"     // a secondary whose own lease has run out
	Unsigned    Outcome = "tsig"        // the answer is not provably the target's
	Malformed   Outcome = "malformed"   // the answer is none
	Status      Outcome = "status"      // another HTTP status
	Mismatch    Outcome = "mismatch"    // the answer is not the one that is expected
	Absent      Outcome = "absent"      // there is no such file
	Slow        Outcome = "slow"        // a good answer, after the timeout of the watch
	Local       Outcome = "local"       // this host could not even try: nothing is known
	Stopped     Outcome = "stopped"     // the Prober was closed
)

// Outcomes are all outcomes that a check has.
func Outcomes() []Outcome {
	return []Outcome{
		OK, Timeout, Unreachable, Refused, TLSFailed, Rcode, Lame, Expired, Unsigned, Malformed, Status, Mismatch, Absent,
		Slow, Local, Stopped,
	}
}

// heard says that something came back, be it wrong: the network is not what fails.
func (o Outcome) heard() bool { return o != Timeout && o != Unreachable }

// void says that a result says nothing about the target.
func (o Outcome) void() bool { return o == Local || o == Stopped }

func failure(o Outcome, err error) Result { return Result{Outcome: o, Err: err} }

// stopped is the result of a check whose context has ended.
func stopped(ctx context.Context) Result {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return failure(Timeout, errors.New("no answer in time"))
	}
	return failure(Stopped, ctx.Err())
}
