package xfr

import (
	"bytes"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/rdata"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Interpreter turns the messages of one reply into events. It does no I/O and has no clock. After an error
// or done it must not be fed again.
//
//	             ┌─ not newer ──────────────────────────────────► ended   (Current, Older)
//	start ─ SOA ─┼─ AXFR ────────────────► whole ─ same SOA ────► ended   (Replace … Finished)
//	             └─ IXFR, newer ─► first ─┬─ not our SOA ─► whole
//	                                      └─ our SOA ─► deleting ─ SOA ─► adding ─ SOA ─┬─► deleting
//	                                                                                    └─► ended (Finished)
type Interpreter struct {
	query   Query
	state   state
	reader  reader
	rr      record
	final   serial.Serial // of the first SOA: where the reply leads
	first   zone.RR       // the first SOA record, copied
	current serial.Serial // where the deltas so far have led
	counts  Counts
	skipped bool // the reply goes on behind its end, see trailing
	emit    func(Event) error
}

// Counts is what an Interpreter has read.
type Counts struct {
	Messages int
	Records  int // in answer sections, the dropped ones included
	Dropped  int // out of the zone, or of a class other than IN: never stored
}

type state uint8

const (
	atStart state = iota
	atFirst       // an IXFR whose first SOA is newer than ours; the next record tells its form
	inWhole
	inDelete
	inAdd
	ended
)

// NewInterpreter reads the reply to a query of type AXFR or IXFR.
func NewInterpreter(q Query) *Interpreter { return &Interpreter{query: q} }

// Counts is what was read so far.
func (i *Interpreter) Counts() Counts { return i.counts }

// Offered is the serial of the first SOA, where the reply leads; ok is false before it was read.
func (i *Interpreter) Offered() (final serial.Serial, ok bool) { return i.final, i.first.Data != nil }

// Feed reads the next message and calls emit for all that it says. done means that the reply is complete.
// Errors wrap ErrRefused, ErrMalformed or ErrDoesNotApply, or are what emit returned.
func (i *Interpreter) Feed(message []byte, emit func(Event) error) (done bool, err error) {
	if i.state == ended {
		return true, malformed("a message after the end")
	}
	if err := i.open(message); err != nil {
		return false, err
	}
	i.counts.Messages++
	i.emit = emit
	for left := int(i.reader.answers); left > 0; left-- {
		if i.state == ended {
			return i.trailing()
		}
		if err := i.record(); err != nil {
			return false, err
		}
	}
	return i.state == ended, nil
}

// trailing judges records behind the one that ended the reply.
func (i *Interpreter) trailing() (bool, error) {
	// RFC 1995 §2 answers a client that is up to date with one SOA. A server that knows no IXFR sends its
	// whole zone; that SOA was enough to see that we need nothing of it.
	if i.counts.Records == 1 {
		i.skipped = true
		return true, nil
	}
	// RFC 5936 §2.2: the second SOA ends the reply.
	return false, malformed("records after the final SOA")
}

// Close says that no message will follow. A first SOA without anything behind it is a complete reply then:
// "newer, ask by AXFR" (RFC 1995 §2). While the connection is open, it may be the first of several
// messages. Any other reply that is not done is cut off.
func (i *Interpreter) Close(emit func(Event) error) error {
	switch i.state {
	case ended:
		return nil
	case atFirst:
		i.state = ended
		return emit(i.firstEvent(AskAXFR))
	default:
		return malformed("the reply ends before its final SOA")
	}
}

// LoneSOA says that a newer SOA is all that has arrived so far.
func (i *Interpreter) LoneSOA() bool { return i.state == atFirst }

func (i *Interpreter) firstEvent(kind Kind) Event {
	return Event{Kind: kind, RR: i.first, Serial: i.final}
}

// isFirst says whether an SOA is the one that began the reply. A server that compresses names without
// regard to case may spell the names in it differently, so the canonical forms count.
func (i *Interpreter) isFirst(rr zone.RR) bool {
	if bytes.Equal(rr.Data, i.first.Data) {
		return true
	}
	a := rdata.AppendCanonical(nil, rr.Data, dns.TypeSOA)
	b := rdata.AppendCanonical(nil, i.first.Data, dns.TypeSOA)
	return bytes.Equal(a, b)
}

// record reads one record of the answer section and lets the state decide.
func (i *Interpreter) record() error {
	rr := &i.rr
	if err := i.reader.record(rr); err != nil {
		return err
	}
	i.counts.Records++
	if rr.rrtype == dns.TypeSOA {
		return i.soaRecord(rr)
	}
	if i.state == atStart {
		// RFC 5936 §2.2: the first record is the SOA of the apex.
		return malformed("the first record is %s %s, not the SOA", rr.owner, typeName(rr.rrtype))
	}
	if isMeta(rr.rrtype) {
		return malformed("%s %s is no data", rr.owner, typeName(rr.rrtype))
	}
	if i.state == atFirst {
		// RFC 1995 §4: the second record is not an SOA, so that this is the form of an AXFR.
		i.state = inWhole
		if err := i.emit(i.firstEvent(Replace)); err != nil {
			return err
		}
	}
	// Only the zone is taken from its primary (RFC 5936 §3.1), and a zone has one class (RFC 1034 §3.6).
	if rr.class != dns.ClassINET || !rr.owner.IsBelowOrEqual(i.query.Apex) {
		i.counts.Dropped++
		return nil
	}
	data, err := i.reader.rdata(rr)
	if err != nil {
		return err
	}
	kind := Add
	if i.state == inDelete {
		kind = Delete
	}
	return i.emit(Event{Kind: kind, RR: zone.RR{Owner: rr.owner, Type: rr.rrtype, TTL: rr.ttl, Data: data}})
}

// soaRecord checks what holds for every SOA and goes on with the one that the state expects.
func (i *Interpreter) soaRecord(rr *record) error {
	// A zone has one SOA, at its apex (RFC 1034 §4.2.1). Another one means another zone's data.
	if !owner.Equal(rr.owner, i.query.Apex) {
		return malformed("SOA of %s", rr.owner)
	}
	if rr.class != dns.ClassINET {
		return malformed("SOA of class %s", dns.Class(rr.class))
	}
	data, err := i.reader.rdata(rr)
	if err != nil {
		return err
	}
	event := Event{RR: zone.RR{Owner: rr.owner, Type: dns.TypeSOA, TTL: rr.ttl, Data: data}}
	soa, err := zone.ParseSOA(event.RR)
	if err != nil {
		return malformed("SOA: %v", err)
	}
	event.Serial = soa.Serial
	switch i.state {
	case atStart:
		return i.firstSOA(event)
	case inWhole:
		return i.endWhole(event)
	default:
		return i.deltaSOA(event)
	}
}

// firstSOA tells where the reply leads.
func (i *Interpreter) firstSOA(event Event) error {
	i.final, i.first = event.Serial, event.RR
	i.first.Owner = event.RR.Owner.Clone() // as the primary spells it (RFC 5936 §3.4)
	i.first.Data = bytes.Clone(event.RR.Data)
	if i.query.Type == dns.TypeAXFR {
		i.state = inWhole
		return i.emit(i.firstEvent(Replace))
	}
	// RFC 1995 §2: one SOA, of the same version or an older one. It needs no second look: whatever
	// follows cannot be newer.
	switch {
	case event.Serial == i.query.Have:
		i.state = ended
		return i.emit(i.firstEvent(Current))
	case !event.Serial.Newer(i.query.Have):
		i.state = ended
		return i.emit(i.firstEvent(Older))
	}
	i.state, i.current = atFirst, i.query.Have
	return nil
}

// endWhole: the second SOA of an AXFR.
func (i *Interpreter) endWhole(event Event) error {
	// RFC 5936 §2.2: the last record is the SOA that was the first. Another one in between is an error.
	if !i.isFirst(event.RR) {
		return malformed("an SOA with serial %s within the zone of serial %s", event.Serial, i.final)
	}
	i.state = ended
	return i.emit(i.firstEvent(Finished))
}

// isMeta says whether a type is a question or about the message, and never data (RFC 6895 §3.1).
func isMeta(rrtype uint16) bool {
	return rrtype == 0 || rrtype == dns.TypeOPT || 128 <= rrtype && rrtype <= 255
}
