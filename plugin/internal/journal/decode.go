package journal

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/rdata"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A decoder takes fields off a payload. After the first that is not there it gives zeros, and is bad.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) fixed(n int) []byte {
	if d.bad || n < 0 || n > len(d.rest) {
		d.bad = true
		return make([]byte, min(max(n, 0), 32))
	}
	b := d.rest[:n:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) uint32() uint32 { return binary.BigEndian.Uint32(d.fixed(4)) }
func (d *decoder) uint64() uint64 { return binary.BigEndian.Uint64(d.fixed(8)) }

func (d *decoder) uvarint() uint64 {
	n, used := binary.Uvarint(d.rest)
	if d.bad || used <= 0 {
		d.bad = true
		return 0
	}
	d.rest = d.rest[used:]
	return n
}

func (d *decoder) counted() []byte {
	n := d.uvarint()
	if n > uint64(len(d.rest)) {
		d.bad = true
		return nil
	}
	return d.fixed(int(n))
}

func (d *decoder) hash() (h zone.SetHash) {
	for i := range h {
		h[i] = d.uint64()
	}
	return h
}

func (d *decoder) end(what string) error {
	if d.bad || len(d.rest) > 0 {
		return fmt.Errorf("%w: malformed %s", ErrDamaged, what)
	}
	return nil
}

func decodeHeader(payload []byte) (*header, error) {
	d := &decoder{rest: payload}
	h := &header{generation: d.uint64()}
	h.id.Zone = string(d.counted())
	h.id.View = string(d.counted())
	h.id.Key = string(d.counted())
	h.apex = owner.Name(d.counted()).Clone()
	copy(h.key[:], d.fixed(len(h.key)))
	h.hash = d.hash()
	h.serial = d.uint32()
	h.names, h.hashed, h.records = d.uvarint(), d.uvarint(), d.uvarint()
	h.lease = d.lease()
	return h, d.end("header")
}

func decodeLease(payload []byte) (lease, error) {
	d := &decoder{rest: payload}
	l := d.lease()
	return l, d.end("lease")
}

func (d *decoder) lease() (l lease) {
	l.refreshed, l.expire = d.time(), d.time()
	l.source, l.pin = d.addrPort(), d.addrPort()
	l.tag = string(d.counted())
	l.held = d.held()
	kept := d.uvarint()
	if kept > 1<<30 {
		d.bad = true
	}
	l.kept = int(kept)
	return l
}

func (d *decoder) held() (h held) {
	switch there := d.fixed(1); {
	case d.bad || there[0] == 0:
	case there[0] == heldOnce:
		h.since, h.hash = d.time(), d.hash()
		h.still = h.since
	case there[0] == heldOn:
		h.since, h.still, h.hash = d.time(), d.time(), d.hash()
	default:
		d.bad = true
	}
	return h
}

func (d *decoder) time() time.Time {
	seconds, nanoseconds := d.uint64(), d.uint32()
	if nanoseconds >= 1e9 {
		d.bad = true
	}
	return time.Unix(int64(seconds), int64(nanoseconds))
}

func (d *decoder) addrPort() netip.AddrPort {
	text := d.counted()
	if len(text) == 0 {
		return netip.AddrPort{}
	}
	a, err := netip.ParseAddrPort(string(text))
	if err != nil {
		d.bad = true
	}
	return a
}

// decodeDelta makes a Delta that points into payload. It checks that it is fit to be sent and replayed.
func decodeDelta(payload []byte, apex owner.Name) (*zone.Delta, error) {
	d := &decoder{rest: payload}
	delta := &zone.Delta{From: d.serialSOA(apex), To: d.serialSOA(apex)}
	deletions, additions := d.uvarint(), d.uvarint()
	delta.Deleted, delta.Added = d.records(deletions, apex), d.records(additions, apex)
	delta.Deletions, delta.Additions = int(deletions), int(additions)
	if !delta.To.Serial.Newer(delta.From.Serial) {
		d.bad = true
	}
	return delta, d.end("delta")
}

func (d *decoder) serialSOA(apex owner.Name) zone.SerialSOA {
	s := zone.SerialSOA{Hash: d.hash(), Record: d.records(1, apex)}
	for rr, malformed := range zone.Records(s.Record) {
		soa, err := zone.ParseSOA(rr)
		if malformed != nil || err != nil || !owner.Equal(rr.Owner, apex) {
			d.bad = true
		}
		s.Serial = soa.Serial
	}
	return s
}

// records takes off so many well-formed records of the zone. None are nil.
func (d *decoder) records(count uint64, apex owner.Name) []byte {
	wire := d.counted()
	for rr, err := range zone.Records(wire) {
		if err != nil || !rr.Owner.IsBelowOrEqual(apex) || !rdata.Valid(rr.Data, rr.Type) {
			d.bad = true
			return nil
		}
		count--
	}
	if count != 0 {
		d.bad = true
	}
	if len(wire) == 0 {
		return nil
	}
	return wire
}
