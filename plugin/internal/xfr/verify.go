package xfr

import (
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"hash"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// maxUnsigned is how many messages in a row may come without a TSIG (RFC 8945 §5.3.1).
const maxUnsigned = 99

// errKey matches a TSIGError that is about the key or the clocks, and would be the same for any query.
var errKey = errors.New("key or clock")

// Is makes errKey match. In the middle of a reply, key and clock have proved themselves already.
func (e *TSIGError) Is(target error) bool { return target == errKey && e.Code != 0 && !e.Later }

// Verifier checks the messages of one reply, in their order, against the query they answer. It has no
// clock. After an error it must not be used again, except for a datagram: see Verify.
type Verifier struct {
	key      *Key // nil: the query was not signed
	mac      hash.Hash
	prior    []byte // the MAC before: of the query, then of the last signed message
	verified int    // signed messages so far
	unsigned int    // messages since the last signed one, digested already
	scratch  []byte
}

// Verify checks the next message, and takes the TSIG record out of its header's count and its end. It
// restores the original message ID in place (RFC 8945 §4.3.2, §5.4). Errors are *TSIGError, or ErrMalformed.
//
// As long as no message was verified, an error leaves the Verifier as it was: a forged datagram can be
// dropped and the next one tried.
func (v *Verifier) Verify(msg []byte, now time.Time) ([]byte, error) {
	t, err := findTSIG(msg)
	switch {
	case err != nil:
		return nil, err
	case v.key == nil && t != nil:
		return nil, v.fault(0, "a signed reply to an unsigned query")
	case v.key == nil:
		return msg, nil
	case t == nil:
		return msg, v.takeUnsigned(msg)
	}
	for _, check := range []func() error{
		func() error { return v.checkNames(t) },
		func() error { return v.checkMAC(msg, t) },
		func() error { return v.checkTime(t, now) },
	} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	v.prior = append(v.prior[:0], t.mac...)
	v.verified++
	v.unsigned = 0
	binary.BigEndian.PutUint16(msg, t.originalID)
	binary.BigEndian.PutUint16(msg[10:], binary.BigEndian.Uint16(msg[10:])-1)
	return msg[:t.start], nil
}

// Close says that the reply is complete. RFC 8945 §5.3.1: its last message must be signed.
func (v *Verifier) Close() error {
	if v.key != nil && (v.verified == 0 || v.unsigned > 0) {
		return v.fault(0, "the last message is not signed")
	}
	return nil
}

// takeUnsigned digests a message without a TSIG, which the next signed one covers (RFC 8945 §5.3.1).
func (v *Verifier) takeUnsigned(msg []byte) error {
	if v.verified == 0 {
		return v.fault(0, "an unsigned reply to a signed query"+rcodeText(msg))
	}
	if v.unsigned == maxUnsigned {
		return v.fault(0, "100 unsigned messages in a row")
	}
	if v.unsigned == 0 {
		v.begin()
	}
	v.unsigned++
	v.mac.Write(msg)
	return nil
}

func rcodeText(msg []byte) string {
	if h, err := parseHeader(msg); err == nil && h.rcode() != dns.RcodeSuccess {
		return ", " + dns.RcodeToString[int(h.rcode())]
	}
	return ""
}

// checkNames is RFC 8945 §5.4.1, and what the primary says of our query.
func (v *Verifier) checkNames(t *tsig) error {
	// RFC 8945 §5.3.2: a reply that says BADKEY or BADSIG is not signed.
	switch t.errorCode {
	case dns.RcodeBadKey:
		return v.declared(t, "the primary does not know the key "+v.key.String())
	case dns.RcodeBadSig:
		return v.declared(t, "the primary has another secret for the key "+v.key.String())
	case dns.RcodeBadTime:
		if len(t.mac) == 0 {
			return v.declaredTime(t) // not as it should be, and as good a reason
		}
	}
	if !owner.Equal(t.key, v.key.Name) {
		return v.fault(dns.RcodeBadKey, "signed with the key "+t.key.String()+", not "+v.key.Name.String())
	}
	if !owner.Equal(t.algorithm, v.key.algorithm) {
		return v.fault(dns.RcodeBadKey, "signed with "+t.algorithm.String()+" not "+v.key.Algorithm)
	}
	return nil
}

// checkMAC is RFC 8945 §5.2.2.
func (v *Verifier) checkMAC(msg []byte, t *tsig) error {
	size := v.mac.Size()
	// RFC 8945 §5.2.2.1: at least 10 octets and half of the hash.
	if len(t.mac) > size || len(t.mac) < max(10, size/2) {
		return v.fault(dns.RcodeBadTrunc, "a MAC of an illegal length")
	}
	if !hmac.Equal(v.digest(msg, t)[:len(t.mac)], t.mac) {
		return v.fault(dns.RcodeBadSig, "the MAC of the reply is wrong")
	}
	return nil
}

// checkTime is RFC 8945 §5.2.3, of a reply whose MAC is right.
func (v *Verifier) checkTime(t *tsig, now time.Time) error {
	if t.errorCode == dns.RcodeBadTime {
		return v.declaredTime(t)
	}
	if t.errorCode != dns.RcodeSuccess {
		return v.declared(t, "the primary refuses the query")
	}
	offset := int64(t.timeSigned) - now.Unix()
	if offset > int64(t.fudge) || -offset > int64(t.fudge) {
		err := v.fault(dns.RcodeBadTime, "the reply is signed out of time")
		err.Offset = time.Duration(offset) * time.Second
		return err
	}
	return nil
}

// begin starts the digest of the messages up to the next TSIG with the MAC before (RFC 8945 §5.3.1).
func (v *Verifier) begin() {
	v.mac.Reset()
	v.mac.Write(binary.BigEndian.AppendUint16(v.scratch[:0], uint16(len(v.prior))))
	v.mac.Write(v.prior)
}

// digest is the MAC that a message should have (RFC 8945 §4.3, §5.3.1).
func (v *Verifier) digest(msg []byte, t *tsig) []byte {
	if v.unsigned == 0 {
		v.begin()
	}
	// RFC 8945 §4.3.2: the message as it was before its TSIG was added.
	var head [headerLen]byte
	copy(head[:], msg)
	binary.BigEndian.PutUint16(head[:], t.originalID)
	binary.BigEndian.PutUint16(head[10:], binary.BigEndian.Uint16(msg[10:])-1)
	v.mac.Write(head[:])
	v.mac.Write(msg[headerLen:t.start])
	// RFC 8945 §5.3.1: all variables with the first message, the timers alone with later ones.
	if v.verified == 0 {
		v.scratch = t.appendVariables(v.scratch[:0])
	} else {
		v.scratch = appendTimers(v.scratch[:0], t.timeSigned, t.fudge)
	}
	v.mac.Write(v.scratch)
	v.scratch = v.mac.Sum(v.scratch[:0])
	return v.scratch
}

// fault is what we find wrong with the reply.
func (v *Verifier) fault(code uint16, reason string) *TSIGError {
	return &TSIGError{Code: code, Later: v.verified > 0, Reason: reason}
}

// declared is what the primary finds wrong with our query.
func (v *Verifier) declared(t *tsig, reason string) *TSIGError {
	return &TSIGError{Code: t.errorCode, Primary: true, Later: v.verified > 0, Reason: reason}
}

// declaredTime tells the offset between the clocks: RFC 8945 §5.2.3 has the primary add its own time.
func (v *Verifier) declaredTime(t *tsig) *TSIGError {
	err := v.declared(t, "the primary finds our clock wrong")
	if theirs, ok := t.serverTime(); ok {
		err.Offset = time.Duration(int64(theirs)-int64(t.timeSigned)) * time.Second
	}
	return err
}
