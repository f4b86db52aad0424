package xfr

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// fudge is how far the clocks may be apart, in seconds (RFC 8945 §10).
const fudge = 300

// tsig is a TSIG record (RFC 8945 §4.2), its octets still in the message.
type tsig struct {
	start      int // where the record begins in the message
	key        owner.Name
	algorithm  owner.Name
	timeSigned uint64 // seconds since 1970
	fudge      uint16 // seconds
	mac        []byte
	originalID uint16
	errorCode  uint16
	other      []byte
}

// findTSIG finds the TSIG record of a message, or nil. RFC 8945 §5.2: it is the last record of the
// additional section, and there is one; anything else is an error.
func findTSIG(msg []byte) (*tsig, error) {
	var r reader
	if err := r.reset(msg); err != nil {
		return nil, err
	}
	if r.additional == 0 {
		return nil, nil
	}
	var nameBuf [owner.MaxName + 1]byte
	r.name = nameBuf[:0]
	if err := r.skipQuestions(); err != nil {
		return nil, err
	}
	var rr record
	total := int(r.answers) + int(r.authorities) + int(r.additional)
	for n := 1; n <= total; n++ {
		if err := r.record(&rr); err != nil {
			return nil, err
		}
		if rr.rrtype == dns.TypeTSIG && n < total {
			return nil, malformed("TSIG is not the last record")
		}
	}
	if rr.rrtype != dns.TypeTSIG {
		return nil, nil
	}
	if r.off != len(msg) {
		return nil, malformed("octets behind the TSIG")
	}
	return parseTSIG(msg, &rr)
}

func parseTSIG(msg []byte, rr *record) (*tsig, error) {
	cut := malformed("TSIG record")
	if rr.class != dns.ClassANY || rr.ttl != 0 {
		return nil, cut
	}
	t := &tsig{start: rr.start, key: rr.owner.Clone()}
	data := msg[:rr.dataOff+rr.size]
	algorithm, off, err := owner.Unpack(nil, data, rr.dataOff)
	if err != nil || off+10 > len(data) {
		return nil, cut
	}
	t.algorithm = algorithm
	t.timeSigned = uint64(binary.BigEndian.Uint16(data[off:]))<<32 | uint64(binary.BigEndian.Uint32(data[off+2:]))
	t.fudge = binary.BigEndian.Uint16(data[off+6:])
	macLen := int(binary.BigEndian.Uint16(data[off+8:]))
	off += 10
	if off+macLen+6 > len(data) {
		return nil, cut
	}
	t.mac = data[off : off+macLen]
	off += macLen
	t.originalID = binary.BigEndian.Uint16(data[off:])
	t.errorCode = binary.BigEndian.Uint16(data[off+2:])
	t.other = data[off+6:]
	if len(t.other) != int(binary.BigEndian.Uint16(data[off+4:])) {
		return nil, cut
	}
	return t, nil
}

// appendTimers appends Time Signed and Fudge.
func appendTimers(dst []byte, seconds uint64, fudge uint16) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(seconds>>32))
	dst = binary.BigEndian.AppendUint32(dst, uint32(seconds))
	return binary.BigEndian.AppendUint16(dst, fudge)
}

// appendVariables appends the TSIG variables that are digested with a message (RFC 8945 §4.3.3).
func (t *tsig) appendVariables(dst []byte) []byte {
	dst = owner.AppendLower(dst, t.key)
	dst = binary.BigEndian.AppendUint16(dst, dns.ClassANY)
	dst = binary.BigEndian.AppendUint32(dst, 0)
	dst = owner.AppendLower(dst, t.algorithm)
	dst = appendTimers(dst, t.timeSigned, t.fudge)
	dst = binary.BigEndian.AppendUint16(dst, t.errorCode)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(t.other)))
	return append(dst, t.other...)
}

// Sign appends a TSIG record to a query that has none, and returns the verifier of its replies. The
// message is changed and must not be used again.
func (k *Key) Sign(msg []byte, now time.Time) ([]byte, *Verifier) {
	t := tsig{
		key: k.Name, algorithm: k.algorithm, timeSigned: uint64(now.Unix()), fudge: fudge,
		originalID: binary.BigEndian.Uint16(msg),
	}
	v := &Verifier{key: k, mac: k.mac()}
	v.mac.Write(msg)
	v.mac.Write(t.appendVariables(nil))
	v.prior = v.mac.Sum(nil)
	v.mac.Reset()
	t.mac = v.prior
	return t.append(msg), v
}

// append appends the record to a message and counts it.
func (t *tsig) append(msg []byte) []byte {
	msg = append(msg, t.key...)
	msg = binary.BigEndian.AppendUint16(msg, dns.TypeTSIG)
	msg = binary.BigEndian.AppendUint16(msg, dns.ClassANY)
	msg = binary.BigEndian.AppendUint32(msg, 0)
	length := len(msg)
	msg = append(msg, 0, 0)
	msg = append(msg, t.algorithm...)
	msg = appendTimers(msg, t.timeSigned, t.fudge)
	msg = binary.BigEndian.AppendUint16(msg, uint16(len(t.mac)))
	msg = append(msg, t.mac...)
	msg = binary.BigEndian.AppendUint16(msg, t.originalID)
	msg = binary.BigEndian.AppendUint16(msg, t.errorCode)
	msg = binary.BigEndian.AppendUint16(msg, uint16(len(t.other)))
	msg = append(msg, t.other...)
	binary.BigEndian.PutUint16(msg[length:], uint16(len(msg)-length-2))
	binary.BigEndian.PutUint16(msg[10:], binary.BigEndian.Uint16(msg[10:])+1)
	return msg
}

// serverTime is the clock of the primary in a BADTIME reply (RFC 8945 §5.2.3).
func (t *tsig) serverTime() (seconds uint64, ok bool) {
	if len(t.other) != 6 {
		return 0, false
	}
	return uint64(binary.BigEndian.Uint16(t.other))<<32 | uint64(binary.BigEndian.Uint32(t.other[2:])), true
}

// TSIGError says why a reply is not provably the primary's. It wraps ErrTSIG.
type TSIGError struct {
	Code    uint16        // dns.RcodeBadKey, RcodeBadSig, RcodeBadTime, RcodeBadTrunc, or 0: another reason
	Offset  time.Duration // BADTIME: how far the primary's clock is ahead of ours; negative: behind
	Primary bool          // the primary said so of our query; else we say so of its reply
	Later   bool          // messages of the same reply were verified before
	Reason  string
}

// Error names the RFC 8945 error code, who found it, and the offset of the clocks in seconds.
func (e *TSIGError) Error() string {
	text := ErrTSIG.Error() + ": " + e.Reason
	if e.Code != 0 {
		text += " (" + dns.RcodeToString[int(e.Code)]
		if e.Primary {
			text += " from the primary"
		}
		text += ")"
	}
	if e.Code == dns.RcodeBadTime {
		text += fmt.Sprintf(", its clock is %+d s from ours", int64(e.Offset/time.Second))
	}
	return text
}

// Unwrap is ErrTSIG.
func (e *TSIGError) Unwrap() error { return ErrTSIG }
