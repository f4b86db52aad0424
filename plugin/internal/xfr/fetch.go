package xfr

import (
	"context"
	"errors"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Fetch asks a primary for the zone and returns the candidate. have is the version we have, or nil; apex is
// the zone as configured.
//
// With Options.IXFR and a version to start from, it asks for the changes. When that fails in whatever way
// that an AXFR does not share (see Next), it asks the same primary for the whole zone at once, over a new
// connection, and tells the reason in Fetched.FellBack.
//
// The error is an *Error. Fetched counts what was received even then.
func (c *Client) Fetch(ctx context.Context, apex owner.Name, p Primary, have *zone.Version, o Options) (Fetched, error) {
	start := time.Now()
	f := fetch{client: c, ctx: ctx, apex: apex, primary: p, have: have, limits: c.limits(), options: o}
	f.end = start.Add(f.limits.Time)
	f.edns, f.sure = c.edns.of(p)
	op := OpAXFR
	if have != nil && o.IXFR && !o.Force {
		op = OpIXFR
	}
	err := f.try(op)
	if err != nil && Next(err) == AskWhole {
		f.result = Fetched{FellBack: err, Octets: f.result.Octets}
		err = f.try(OpAXFR)
	}
	f.result.Duration = time.Since(start)
	return f.result, err
}

// fetch is the state of one Fetch.
type fetch struct {
	client  *Client
	ctx     context.Context
	apex    owner.Name
	primary Primary
	have    *zone.Version
	options Options
	limits  Limits
	end     time.Time
	edns    bool // ask with EDNS
	sure    bool // whatever is refused, EDNS is not to blame
	result  Fetched
}

func (f *fetch) try(op Op) error {
	err := f.converse(op)
	if errors.Is(err, errNoEDNS) {
		f.edns = false
		if err = f.converse(op); err == nil {
			f.client.edns.note(f.primary, false)
		}
	}
	if err == nil {
		return nil
	}
	return &Error{
		Op: op, Zone: f.apex.String(), Primary: f.primary.Addr,
		Serial: f.result.Serial, Offered: f.result.Offered, Err: err,
	}
}

// converse is one query and its reply.
func (f *fetch) converse(op Op) error {
	return f.client.over(f.ctx, f.primary, func(l *link) error { return f.transfer(op, l) })
}

// transfer has one conversation, and keeps or closes the link.
func (f *fetch) transfer(op Op, l *link) error {
	s := newStream(f.ctx, l, f.limits, f.end)
	defer s.free()
	reused := l.reused          // once it is kept, the link is another fetch's
	if reused && op == OpIXFR { // a whole zone may take its time to begin
		s.idle = min(keptWait, s.idle)
	}
	r, err := f.talk(op, s)
	if err == nil && !r.unread() {
		f.client.Pool.put(l)
	} else {
		l.release()
	}
	if reused && (r == nil || r.interpreter.Counts().Messages == 0) && blames(err) {
		return errStale
	}
	if err != nil {
		return err
	}
	return f.conclude(&r.candidate)
}

// talk asks and receives the reply.
func (f *fetch) talk(op Op, s *stream) (*reply, error) {
	q := Query{ID: newID(), Apex: f.apex, Type: dns.TypeAXFR, EDNS: f.edns}
	var soa *zone.RR
	if op == OpIXFR {
		q.Type, q.Have = dns.TypeIXFR, f.have.Serial()
		record := f.have.SOARecord()
		soa = &record
	}
	msg, verifier := f.primary.sign(appendQuery(nil, q, soa))
	if err := s.send(msg); err != nil {
		return nil, err
	}
	r := &reply{
		query: q, sure: f.sure, stream: s, verifier: verifier, interpreter: NewInterpreter(q),
		candidate: candidate{apex: f.apex, have: f.have, force: f.options.Force, asked: q.Type},
	}
	err := r.receive()
	f.result.Counts = r.interpreter.Counts()
	f.result.Serial, f.result.Offered = r.interpreter.Offered()
	f.result.Octets += s.octets
	f.result.Granted = r.granted
	return r, err
}

func (f *fetch) conclude(c *candidate) (err error) {
	if c.current {
		f.result.How = Unchanged
		return nil
	}
	f.result.How = c.how
	f.result.Version, f.result.Delta, err = c.commit()
	return err
}

// sign signs a query with the primary's key, if it has one.
func (p Primary) sign(msg []byte) ([]byte, *Verifier) {
	if p.Key == nil {
		return msg, &Verifier{}
	}
	return p.Key.Sign(msg, time.Now())
}
