package xfr

import (
	"encoding/binary"
	"hash"
	"time"
)

// Signer signs the messages of one reply to a signed query, every one of them (RFC 8945 §5.3.1).
type Signer struct {
	key     *Key
	mac     hash.Hash
	prior   []byte // the MAC before: of the query, then of the last message
	begun   bool
	scratch []byte
}

// Signer makes the signer of the reply to a query with this MAC, which was verified.
func (k *Key) Signer(queryMAC []byte) *Signer {
	return &Signer{key: k, mac: k.mac(), prior: append([]byte(nil), queryMAC...)}
}

// Octets is how many octets Sign adds to a message.
func (s *Signer) Octets() int {
	const fixed = 10 + 16 // of the record (RFC 1035 §4.1.3), and of its RDATA (RFC 8945 §4.2)
	return len(s.key.Name) + fixed + len(s.key.algorithm) + s.mac.Size()
}

// Sign appends a TSIG record to the next message of the reply, which has none.
func (s *Signer) Sign(msg []byte, now time.Time) []byte {
	t := tsig{
		key: s.key.Name, algorithm: s.key.algorithm, timeSigned: uint64(now.Unix()), fudge: fudge,
		originalID: binary.BigEndian.Uint16(msg),
	}
	s.mac.Reset()
	s.mac.Write(binary.BigEndian.AppendUint16(s.scratch[:0], uint16(len(s.prior))))
	s.mac.Write(s.prior)
	s.mac.Write(msg)
	// RFC 8945 §5.3.1: all variables with the first message, the timers alone with later ones.
	if s.begun {
		s.scratch = appendTimers(s.scratch[:0], t.timeSigned, t.fudge)
	} else {
		s.scratch = t.appendVariables(s.scratch[:0])
	}
	s.mac.Write(s.scratch)
	s.begun = true
	s.prior = s.mac.Sum(s.prior[:0])
	t.mac = s.prior
	return t.append(msg)
}
