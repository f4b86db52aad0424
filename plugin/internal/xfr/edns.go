package xfr

import (
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// udpSize is what we say that we take over UDP: with its headers it fits the smallest MTU of IPv6.
const udpSize = 1232

// appendOPT appends an OPT record (RFC 6891 §6.1.2) that asks for the primary's own lease: an EXPIRE option
// without a value (RFC 7314 §2).
func appendOPT(dst []byte) []byte {
	dst = append(dst, 0)
	dst = binary.BigEndian.AppendUint16(dst, dns.TypeOPT)
	dst = binary.BigEndian.AppendUint16(dst, udpSize)
	dst = binary.BigEndian.AppendUint32(dst, 0) // extended RCODE, version 0, no flags
	dst = binary.BigEndian.AppendUint16(dst, 4)
	dst = binary.BigEndian.AppendUint16(dst, dns.EDNS0EXPIRE)
	return binary.BigEndian.AppendUint16(dst, 0)
}

// opt is what the OPT record of a reply says.
type opt struct {
	found    bool
	extended uint8  // the upper bits of the RCODE (RFC 6891 §6.1.3)
	lease    bool   // there is an EXPIRE option with a value
	expire   uint32 // its value: what is left of the primary's lease, in seconds
}

// findOPT reads the OPT record of a message, wherever it is in the additional section.
func findOPT(msg []byte) (opt, error) {
	var r reader
	if err := r.reset(msg); err != nil || r.additional == 0 {
		return opt{}, err
	}
	if err := r.skipQuestions(); err != nil {
		return opt{}, err
	}
	var o opt
	var rr record
	before := int(r.answers) + int(r.authorities)
	for n := range before + int(r.additional) {
		if err := r.record(&rr); err != nil {
			return opt{}, err
		}
		if n < before || rr.rrtype != dns.TypeOPT {
			continue
		}
		// RFC 6891 §6.1.1: one OPT record at most.
		if o.found {
			return opt{}, malformed("two OPT records")
		}
		o.found, o.extended = true, msg[rr.dataOff-6] // the first octet of the TTL
		if err := o.options(msg[rr.dataOff : rr.dataOff+rr.size]); err != nil {
			return opt{}, err
		}
	}
	return o, nil
}

// options reads the options (RFC 6891 §6.1.2). Of two EXPIRE options the shorter lease counts.
func (o *opt) options(data []byte) error {
	for len(data) > 0 {
		if len(data) < 4 || len(data) < 4+int(binary.BigEndian.Uint16(data[2:])) {
			return malformed("options of the OPT record")
		}
		code, value := binary.BigEndian.Uint16(data), data[4:4+int(binary.BigEndian.Uint16(data[2:]))]
		data = data[4+len(value):]
		// RFC 7314 §3: the value has four octets. A server that sends the empty option back says nothing.
		if code != dns.EDNS0EXPIRE || len(value) != 4 {
			continue
		}
		if expire := binary.BigEndian.Uint32(value); !o.lease || expire < o.expire {
			o.lease, o.expire = true, expire
		}
	}
	return nil
}

// granted is when the lease of the primary that sent soa runs out; the zero Time when it has none that
// binds us. An authority by itself answers the EXPIRE of the SOA (RFC 7314 §3.1), which is no bound beyond
// that of the SOA.
func (o opt) granted(soa zone.SOA, now time.Time) (time.Time, error) {
	switch {
	case !o.lease || o.expire == soa.Expire:
		return time.Time{}, nil
	case o.expire == 0:
		return time.Time{}, ErrExpired
	}
	return now.Add(time.Duration(o.expire) * time.Second), nil
}

// errNoEDNS is a reply that refuses the OPT record, and not what was asked.
var errNoEDNS = errors.New("EDNS is not understood")

// declined says whether a reply refuses the OPT record of the query: FORMERR or NOTIMP from a server that
// sends no OPT itself (RFC 6891 §7), or BADVERS.
func (q Query) declined(msg []byte, o opt) error {
	h, err := parseHeader(msg)
	if err != nil || !q.EDNS {
		return err
	}
	var refused *RcodeError
	if err := q.fits(h); err != nil && !errors.As(err, &refused) {
		return nil // what else is wrong is for others to say
	}
	rcode := uint16(o.extended)<<4 | uint16(h.rcode())
	if rcode == dns.RcodeBadVers || !o.found && suspicious(h) {
		return &wrapped{errNoEDNS, &RcodeError{uint8(rcode)}}
	}
	return nil
}

// suspicious says whether a server that knows no EDNS might answer so.
func suspicious(h header) bool {
	return h.rcode() == dns.RcodeFormatError || h.rcode() == dns.RcodeNotImplemented
}

// plainFor is how long a primary that does not understand EDNS is asked without it.
const plainFor = 10 * time.Minute

// tolerance is which primaries understand an OPT record, or pass over it, and which do not.
type tolerance struct {
	mu    sync.Mutex
	known map[Primary]time.Time // until when it is asked without; zero: it is asked with EDNS
}

// note keeps what was seen of a primary.
func (t *tolerance) note(p Primary, tolerates bool) {
	var until time.Time
	if !tolerates {
		until = time.Now().Add(plainFor)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil {
		t.known = map[Primary]time.Time{}
	}
	t.known[p] = until
}

// of says whether a primary is to be asked with EDNS, and whether that is known to be no reason to refuse.
func (t *tolerance) of(p Primary) (ask, sure bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	until, known := t.known[p]
	return !time.Now().Before(until), known && until.IsZero()
}
