package xfr

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// Sentinels, one a decision (see Next). Test with errors.Is; the text around them says what exactly happened.
var (
	// ErrStopped: the caller's context ended. It wraps the context's cause.
	ErrStopped = errors.New("stopped")
	// ErrLocal: this host could not even try: no descriptors, or the source address is not ours.
	ErrLocal = errors.New("local failure")
	// ErrConnect: no connection could be made, the TLS handshake included.
	ErrConnect = errors.New("cannot connect")
	// ErrNetwork: the connection broke or ended before the reply did, or a datagram could not be delivered.
	ErrNetwork = errors.New("connection failed")
	// ErrTimeout: nothing arrived for Limits.Idle, or no answer to a SOA query arrived in time.
	ErrTimeout = errors.New("timeout")
	// ErrLimit: Limits.Records, Octets, Time or Rate. ErrRecords, ErrSize, ErrTime and ErrRate wrap it.
	ErrLimit = errors.New("limit exceeded")
	// ErrRefused: the primary answered with an RCODE other than NOERROR; *RcodeError tells which.
	ErrRefused = errors.New("refused by the primary")
	// ErrLame: the primary answered NOERROR and is not an authority for the zone.
	ErrLame = errors.New("lame")
	// ErrTSIG: the reply is not provably the primary's; *TSIGError tells why.
	ErrTSIG = errors.New("TSIG")
	// ErrMalformed: the reply breaks RFC 1035, 1995 or 5936, or the zone in it is none.
	ErrMalformed = errors.New("malformed reply")
	// ErrDoesNotApply: the deltas do not start at our version, do not chain, or change what is not there.
	ErrDoesNotApply = errors.New("delta does not apply")
	// ErrAskAXFR: the primary has a newer version and does not tell it by IXFR.
	ErrAskAXFR = errors.New("newer, to be had by AXFR only")
	// ErrExpired: the primary is itself a secondary, and its lease has run out.
	ErrExpired = errors.New("the primary's own lease has expired")
	// ErrOlder: the primary's serial is older than ours, or incomparable with it (RFC 1982 §3.2).
	ErrOlder = errors.New("primary is older")
)

// The limits of Limits that can be exceeded. Each wraps ErrLimit.
var (
	ErrRecords = fmt.Errorf("%w: records", ErrLimit)
	ErrSize    = fmt.Errorf("%w: size", ErrLimit)
	ErrTime    = fmt.Errorf("%w: total time", ErrLimit)
	ErrRate    = fmt.Errorf("%w: slower than the minimum rate", ErrLimit)
)

// RcodeError is a reply with an RCODE other than NOERROR. It wraps ErrRefused.
type RcodeError struct{ Rcode uint8 }

// Error names the RCODE.
func (e *RcodeError) Error() string {
	name, ok := dns.RcodeToString[int(e.Rcode)]
	switch {
	case e.Rcode == dns.RcodeBadVers:
		name = "BADVERS" // the same number is BADSIG in a TSIG record
	case !ok:
		name = fmt.Sprintf("RCODE %d", e.Rcode)
	}
	return ErrRefused.Error() + ": " + name
}

// Unwrap is ErrRefused.
func (e *RcodeError) Unwrap() error { return ErrRefused }

// Error is how every failure of a Client is returned: who was asked for what, and why it failed.
type Error struct {
	Op      Op
	Zone    string // presentation form
	Primary netip.AddrPort
	Serial  serial.Serial // what the primary offered; meaningful when Offered
	Offered bool
	Err     error
}

// Error is one line: operation, zone, primary, the serial if one was seen, reason.
func (e *Error) Error() string {
	offered := ""
	if e.Offered {
		offered = " (serial " + e.Serial.String() + ")"
	}
	return fmt.Sprintf("%s of %s from %s%s: %v", e.Op, e.Zone, e.Primary, offered, e.Err)
}

// Unwrap is the reason.
func (e *Error) Unwrap() error { return e.Err }

// Op is what a Client was doing.
type Op uint8

// The operations.
const (
	OpSOA Op = iota
	OpAXFR
	OpIXFR
)

// String is the operation as in logs.
func (o Op) String() string { return [...]string{"SOA check", "AXFR", "IXFR"}[o] }

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}

func doesNotApply(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrDoesNotApply}, args...)...)
}
