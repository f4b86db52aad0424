package xfr

import (
	"errors"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A reply is received message by message: verified, interpreted, applied.
type reply struct {
	query       Query
	sure        bool // see fetch
	stream      *stream
	verifier    *Verifier
	interpreter *Interpreter
	candidate   candidate
	opt         opt       // of the first message
	granted     time.Time // see Fetched.Granted
}

// unread says whether the primary sent, or will send, more than was looked at.
func (r *reply) unread() bool {
	return r.interpreter.state != ended || r.interpreter.skipped || r.stream.in.Buffered() > r.stream.used
}

// loneSOAWait is how long the rest of an IXFR may take after a message with nothing but a newer SOA. Such a
// message is the first of several, or says "ask by AXFR": only waiting tells.
const loneSOAWait = 2 * time.Second

func (r *reply) receive() (err error) {
	defer func() {
		if err != nil {
			r.candidate.drop()
		}
	}()
	for {
		msg, err := r.stream.next()
		if err != nil {
			return r.broken(err)
		}
		if msg, err = r.verifier.Verify(msg, time.Now()); err != nil {
			return err
		}
		if err = r.open(msg); err != nil {
			return err
		}
		done, err := r.feed(msg)
		switch {
		case errors.Is(err, errCurrent):
			// Only the first message was read, so that its signature is all there is to check.
			r.candidate.current = true
			return nil
		case err != nil:
			return err
		case r.interpreter.Counts().Records > r.stream.limits.Records:
			return ErrRecords
		case done:
			// The connection may break now: the reply is complete.
			return r.verifier.Close()
		}
		r.stream.idle = r.stream.limits.Idle
		if r.interpreter.LoneSOA() {
			r.stream.idle = min(loneSOAWait, r.stream.idle)
		}
	}
}

// open reads the OPT record of the first message: that is where it belongs (RFC 5936 §2.2.5).
func (r *reply) open(msg []byte) (err error) {
	if r.interpreter.Counts().Messages > 0 {
		return nil
	}
	if r.opt, err = findOPT(msg); err != nil {
		return err
	}
	if r.sure {
		return nil
	}
	return r.query.declined(msg, r.opt)
}

// feed interprets a message. With the first SOA it is known what the primary's lease is worth.
func (r *reply) feed(msg []byte) (done bool, err error) {
	first := r.interpreter.Counts().Messages == 0
	done, err = r.interpreter.Feed(msg, r.candidate.apply)
	if !first || err != nil && !errors.Is(err, errCurrent) {
		return done, err
	}
	soa, soaErr := zone.ParseSOA(r.interpreter.first)
	if soaErr != nil {
		return false, malformed("SOA: %v", soaErr)
	}
	granted, expired := r.opt.granted(soa, time.Now())
	if expired != nil {
		return false, expired
	}
	r.granted = granted
	return done, err
}

// broken judges the end of the stream before the end of the reply.
func (r *reply) broken(err error) error {
	if !r.interpreter.LoneSOA() || !errors.Is(err, ErrTimeout) && !errors.Is(err, ErrNetwork) {
		return err
	}
	return r.interpreter.Close(r.candidate.apply)
}
