package ask

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"time"

	"github.com/miekg/dns"
)

// TSIG signs or verifies a stream of messages (RFC 8945 §5.3.1), on which not
// every message need be signed. It works on wire format, and knows nothing of
// what a message means.
type TSIG struct {
	Key Key
	// prior is the MAC of the previous signed message, unsigned what came since.
	prior    []byte
	unsigned []byte
	count    int // messages since the last signed one
	first    bool
}

// NewTSIG starts a stream of answers to a request with this MAC (in hex, as in
// a dns.TSIG record). An empty MAC starts with a request itself.
func NewTSIG(k Key, requestMAC []byte) *TSIG {
	return &TSIG{Key: k, prior: requestMAC, first: true}
}

// MAC is the one of the last signed message.
func (s *TSIG) MAC() []byte { return s.prior }

// Skip takes note of a message that goes without a signature.
func (s *TSIG) Skip(msg []byte) {
	s.unsigned = append(s.unsigned, msg...)
	s.count++
}

// Sign returns msg with a TSIG record of the given time and error added.
func (s *TSIG) Sign(msg []byte, at time.Time, rcode uint16, other []byte) ([]byte, error) {
	rr := s.record(binary.BigEndian.Uint16(msg), at, rcode, other)
	mac, err := s.digest(msg, rr)
	if err != nil {
		return nil, err
	}
	s.advance(mac)
	return AppendTSIG(msg, rr, mac)
}

func (s *TSIG) record(id uint16, at time.Time, rcode uint16, other []byte) *dns.TSIG {
	return &dns.TSIG{
		Hdr:        dns.RR_Header{Name: s.Key.FQDN(), Rrtype: dns.TypeTSIG, Class: dns.ClassANY},
		Algorithm:  s.Key.Alg(),
		TimeSigned: uint64(at.Unix()),
		Fudge:      300,
		OrigId:     id,
		Error:      rcode,
		OtherLen:   uint16(len(other)),
		OtherData:  fmt.Sprintf("%x", other),
	}
}

// AppendTSIG adds the record rr with this MAC to a message.
func AppendTSIG(msg []byte, rr *dns.TSIG, mac []byte) ([]byte, error) {
	full := *rr
	full.MAC, full.MACSize = fmt.Sprintf("%x", mac), uint16(len(mac))
	buf := make([]byte, dns.MaxMsgSize)
	n, err := dns.PackRR(&full, buf, 0, nil, false)
	if err != nil {
		return nil, err
	}
	out := append(append([]byte(nil), msg...), buf[:n]...)
	binary.BigEndian.PutUint16(out[10:], binary.BigEndian.Uint16(out[10:])+1)
	return out, nil
}

// Verify checks one message of the stream; an unsigned one is noted, and
// refused only as the first or after 99 of its like. The caller checks with
// Complete that the last was signed.
func (s *TSIG) Verify(msg []byte) error {
	bare, rr, err := splitTSIG(msg)
	if err != nil {
		return err
	}
	if rr == nil {
		if s.first || s.count >= 99 {
			return errors.New("tsig: unsigned message")
		}
		s.Skip(msg)
		return nil
	}
	if rr.Error != dns.RcodeSuccess {
		return fmt.Errorf("tsig: error %d", rr.Error)
	}
	want, err := s.digest(bare, rr)
	if err != nil {
		return err
	}
	if got := fmt.Sprintf("%x", want); got != rr.MAC {
		return errors.New("tsig: bad signature")
	}
	s.advance(want)
	return nil
}

// Complete says whether the last message was signed.
func (s *TSIG) Complete() bool { return s.count == 0 && !s.first }

func (s *TSIG) advance(mac []byte) {
	s.prior, s.unsigned, s.count, s.first = mac, nil, 0, false
}

// digest is the MAC over the previous one, the unsigned messages since, msg,
// and the variables: all of them for the first message, then the timers only.
func (s *TSIG) digest(msg []byte, rr *dns.TSIG) ([]byte, error) {
	secret, err := base64.StdEncoding.DecodeString(s.Key.Secret)
	if err != nil {
		return nil, err
	}
	newHash, ok := hashes[s.Key.Alg()]
	if !ok {
		return nil, fmt.Errorf("tsig: algorithm %s", s.Key.Alg())
	}
	h := hmac.New(newHash, secret)
	if len(s.prior) > 0 {
		binary.Write(h, binary.BigEndian, uint16(len(s.prior)))
		h.Write(s.prior)
	}
	h.Write(s.unsigned)
	binary.Write(h, binary.BigEndian, rr.OrigId) // a relay may have changed the ID
	h.Write(msg[2:])
	if !s.first {
		writeTimers(h, rr)
	} else if err := writeVariables(h, rr); err != nil {
		return nil, err
	}
	return h.Sum(nil), nil
}

var hashes = map[string]func() hash.Hash{
	dns.HmacSHA1:   sha1.New,
	dns.HmacSHA224: sha256.New224,
	dns.HmacSHA256: sha256.New,
	dns.HmacSHA384: sha512.New384,
	dns.HmacSHA512: sha512.New,
}

func writeTimers(h hash.Hash, rr *dns.TSIG) {
	binary.Write(h, binary.BigEndian, uint16(rr.TimeSigned>>32))
	binary.Write(h, binary.BigEndian, uint32(rr.TimeSigned))
	binary.Write(h, binary.BigEndian, rr.Fudge)
}

func writeVariables(h hash.Hash, rr *dns.TSIG) error {
	name := make([]byte, 512)
	write := func(domain string) error {
		n, err := dns.PackDomainName(dns.CanonicalName(domain), name, 0, nil, false)
		h.Write(name[:n])
		return err
	}
	if err := write(rr.Hdr.Name); err != nil {
		return err
	}
	binary.Write(h, binary.BigEndian, []uint16{dns.ClassANY, 0, 0}) // class and TTL
	if err := write(rr.Algorithm); err != nil {
		return err
	}
	writeTimers(h, rr)
	binary.Write(h, binary.BigEndian, []uint16{rr.Error, rr.OtherLen})
	var other []byte
	fmt.Sscanf(rr.OtherData, "%x", &other)
	h.Write(other)
	return nil
}

// splitTSIG separates a message from its TSIG record; nil if there is none.
func splitTSIG(msg []byte) ([]byte, *dns.TSIG, error) {
	m := new(dns.Msg)
	if err := m.Unpack(msg); err != nil {
		return nil, nil, err
	}
	rr := m.IsTsig()
	if rr == nil {
		return msg, nil, nil
	}
	start, err := lastRecord(msg)
	if err != nil {
		return nil, nil, err
	}
	bare := append([]byte(nil), msg[:start]...)
	binary.BigEndian.PutUint16(bare[10:], binary.BigEndian.Uint16(bare[10:])-1)
	return bare, rr, nil
}

// lastRecord is where the last record of a message begins.
func lastRecord(msg []byte) (int, error) {
	counts := make([]int, 4)
	for i := range counts {
		counts[i] = int(binary.BigEndian.Uint16(msg[4+2*i:]))
	}
	off, start := 12, 0
	for range counts[0] {
		_, n, err := dns.UnpackDomainName(msg, off)
		if err != nil {
			return 0, err
		}
		off = n + 4
	}
	for range counts[1] + counts[2] + counts[3] {
		start = off
		_, n, err := dns.UnpackDomainName(msg, off)
		if err != nil || n+10 > len(msg) {
			return 0, errors.New("message cut short")
		}
		off = n + 10 + int(binary.BigEndian.Uint16(msg[n+8:]))
	}
	return start, nil
}
