package outgoing

import (
	"encoding/binary"
	"errors"
	"sync"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/compress"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// ErrRecord says that a record does not fit into any message of the permitted size.
var ErrRecord = errors.New("a record is too long for a message")

// Bounds are those of the messages of a reply.
type Bounds struct {
	// Octets is the most that a message may have, up to 65535, what the caller adds to it not counted.
	Octets int
	// Single permits one message only (RFC 1995 §2: UDP). What does not fit into it is replaced by our SOA.
	Single bool
}

// Sent is what a reply came to.
type Sent struct {
	Kind                      Kind // Current also when nothing else fitted into a single message
	Messages, Records, Octets int
}

// tableBits is for the labels of a message of the usual length.
const tableBits = 11

// packers are used again from reply to reply.
var packers = sync.Pool{New: func() any { return &packer{Message: compress.New(tableBits)} }}

// Write packs a reply to a query and gives each message to send, which may append to it and must not keep it.
// Errors: that of send, ErrRecord, or that of Records; the reply is not complete then.
func (r Reply) Write(q Query, b Bounds, send func(msg []byte) error) (Sent, error) {
	p := packers.Get().(*packer)
	defer packers.Put(p)
	p.query, p.bounds, p.send, p.sent = q, b, send, Sent{Kind: r.Kind}
	err := p.write(r)
	if errors.Is(err, errOverflow) {
		r.Kind = Current
		p.sent = Sent{Kind: Current}
		err = p.write(r)
	}
	p.send = nil
	p.Restart()
	return p.sent, err
}

// errOverflow says that a single message is not enough.
var errOverflow = errors.New("the reply takes more than one message")

// A packer fills one message after the other.
type packer struct {
	compress.Message
	query   Query
	bounds  Bounds
	send    func([]byte) error
	sent    Sent
	answers int // records in the message
}

func (p *packer) write(r Reply) error {
	p.begin()
	for rr, err := range r.Records() {
		if err == nil {
			err = p.add(rr)
		}
		if err != nil {
			return err
		}
	}
	return p.flush()
}

const headerLen = 12

// begin starts a message. RFC 5936 §2.2.2: the question is in the first one; §2.2.1: AA is set, TC is not.
func (p *packer) begin() {
	const response, authoritative, recursionDesired = 1 << 15, 1 << 10, 1 << 8
	p.Restart()
	p.answers = 0
	flags := uint16(response | authoritative)
	if p.query.RD {
		flags |= recursionDesired
	}
	p.Octets = binary.BigEndian.AppendUint16(p.Octets[:0], p.query.ID)
	p.Octets = binary.BigEndian.AppendUint16(p.Octets, flags)
	p.Octets = append(p.Octets, make([]byte, headerLen-4)...)
	if p.sent.Messages > 0 {
		return
	}
	p.Octets[5] = 1
	p.Name(p.query.Name)
	p.Octets = binary.BigEndian.AppendUint16(p.Octets, p.query.Type)
	p.Octets = binary.BigEndian.AppendUint16(p.Octets, dns.ClassINET)
}

// usual is how long a message becomes. As far as that, a pointer reaches every name: longer messages make a
// longer transfer, and a slower one.
const usual = compress.MaxPointer

// room is how many octets questions and answers may take in the message at hand. A record that needs more
// than the usual is alone in a message.
func (p *packer) room() int {
	room := p.bounds.Octets
	if p.answers > 0 && !p.bounds.Single {
		room = min(room, usual)
	}
	if p.sent.Messages == 0 {
		room -= len(p.query.OPT)
	}
	return room
}

// add appends a record, in the next message if it has no place in this one.
func (p *packer) add(rr zone.RR) error {
	start := len(p.Octets)
	p.record(rr)
	if len(p.Octets) <= p.room() {
		p.answers++
		return nil
	}
	p.Octets = p.Octets[:start]
	switch {
	case p.bounds.Single && p.sent.Kind != Current:
		return errOverflow
	case p.answers == 0:
		return ErrRecord
	}
	if err := p.flush(); err != nil {
		return err
	}
	p.begin()
	return p.add(rr)
}

func (p *packer) record(rr zone.RR) { p.Record(rr.Owner, rr.Type, rr.TTL, rr.Data) }

// flush completes the message and gives it away.
func (p *packer) flush() error {
	binary.BigEndian.PutUint16(p.Octets[6:], uint16(p.answers))
	if p.sent.Messages == 0 && p.query.OPT != nil {
		p.Octets = append(p.Octets, p.query.OPT...)
		p.Octets[11] = 1
	}
	p.sent.Messages++
	p.sent.Records += p.answers
	p.sent.Octets += len(p.Octets)
	return p.send(p.Octets)
}
