package notify

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

const (
	headerLen = 12
	maxUDP    = 512 // octets of a message without EDNS (RFC 1035 §4.2.1)

	flagQR = 1 << 15
	flagAA = 1 << 10
)

// newID is an unpredictable message ID (RFC 5452 §9.2).
func newID() uint16 {
	var b [2]byte
	_, _ = rand.Read(b[:]) // never fails on the platforms that Go supports
	return binary.BigEndian.Uint16(b[:])
}

// compose makes the message, and the verifier of its answer. The SOA in it is a hint (RFC 1996 §3.7), and is
// left out where names are so long that the message would not fit into a datagram.
func compose(id uint16, apex owner.Name, soa zone.RR, key *xfr.Key, now time.Time) ([]byte, *xfr.Verifier) {
	msg, verifier := sign(appendMessage(nil, id, apex, &soa), key, now)
	if len(msg) > maxUDP {
		return sign(appendMessage(nil, id, apex, nil), key, now)
	}
	return msg, verifier
}

func sign(msg []byte, key *xfr.Key, now time.Time) ([]byte, *xfr.Verifier) {
	if key == nil {
		return msg, new(xfr.Verifier)
	}
	return key.Sign(msg, now)
}

// appendMessage appends a NOTIFY (RFC 1996 §3.7): opcode 4, AA, the question, and the SOA unless it is nil.
func appendMessage(dst []byte, id uint16, apex owner.Name, soa *zone.RR) []byte {
	answers := uint16(0)
	if soa != nil {
		answers = 1
	}
	for _, n := range []uint16{id, dns.OpcodeNotify<<11 | flagAA, 1, answers, 0, 0} {
		dst = binary.BigEndian.AppendUint16(dst, n)
	}
	dst = append(dst, apex...)
	dst = binary.BigEndian.AppendUint16(dst, dns.TypeSOA)
	dst = binary.BigEndian.AppendUint16(dst, dns.ClassINET)
	if soa == nil {
		return dst
	}
	dst = append(dst, 0xC0, headerLen) // the owner is the name in the question
	rr := soa.AppendWire(nil)
	return append(dst, rr[len(soa.Owner):]...)
}

// errStranger says that a message is no answer to ours: anybody could have sent it.
var errStranger = errors.New("no answer to this message")

// replyID is the ID of a message that may be an answer to a NOTIFY.
func replyID(msg []byte) (id uint16, ok bool) {
	if len(msg) < headerLen {
		return 0, false
	}
	flags := binary.BigEndian.Uint16(msg[2:])
	return binary.BigEndian.Uint16(msg), flags&flagQR != 0 && flags>>11&0xF == dns.OpcodeNotify
}

// judge reads an answer whose ID and address fit already. The error is errStranger, or says why the answer
// does not prove to be the target's; the right one may yet come (RFC 8945 §5.4).
func judge(msg []byte, apex owner.Name, v *xfr.Verifier, now time.Time) (rcode uint8, err error) {
	if _, ok := replyID(msg); !ok || !sameQuestion(msg, apex) {
		return 0, errStranger
	}
	msg, err = v.Verify(bytes.Clone(msg), now)
	if err != nil {
		return 0, err
	}
	return msg[3] & 0xF, nil
}

// sameQuestion says that an answer repeats our question. A server that gave up before it read the question
// may leave it out.
func sameQuestion(msg []byte, apex owner.Name) bool {
	switch binary.BigEndian.Uint16(msg[4:]) {
	case 0:
		return msg[3]&0xF != dns.RcodeSuccess
	case 1:
	default:
		return false
	}
	name, off, err := owner.Unpack(nil, msg, headerLen)
	return err == nil && len(msg) >= off+4 && owner.Equal(name, apex) &&
		binary.BigEndian.Uint16(msg[off:]) == dns.TypeSOA && binary.BigEndian.Uint16(msg[off+2:]) == dns.ClassINET
}
