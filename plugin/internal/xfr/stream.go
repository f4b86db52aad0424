package xfr

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// A stream is the receiving end of one conversation: messages with a length before them (RFC 1035 §4.2.2),
// and the limits.
type stream struct {
	ctx    context.Context
	conn   net.Conn
	in     *bufio.Reader
	limits Limits
	start  time.Time
	end    time.Time // of the whole Fetch
	idle   time.Duration
	octets int64
	used   int // octets of in that the last message took
}

// inBuffers hold the longest message with its length: a message is interpreted where it was received.
var inBuffers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 2+maxMessage) }}

func newStream(ctx context.Context, conn net.Conn, l Limits, end time.Time) *stream {
	s := &stream{ctx: ctx, conn: conn, limits: l, start: time.Now(), end: end, idle: l.Idle}
	s.in = inBuffers.Get().(*bufio.Reader)
	s.in.Reset(s)
	return s
}

// free gives the buffer back. No message of the stream may be used any more.
func (s *stream) free() {
	s.in.Reset(nil)
	inBuffers.Put(s.in)
}

// send writes one message, with its length, in one write.
func (s *stream) send(msg []byte) error {
	framed := append(binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(msg)), uint16(len(msg))), msg...)
	deadline, cause := s.deadline()
	if err := s.conn.SetWriteDeadline(deadline); err != nil {
		return s.failure(err, cause)
	}
	if _, err := s.conn.Write(framed); err != nil {
		return s.failure(err, cause)
	}
	return nil
}

// next is the next message. It is valid, and may be changed, until the following call.
func (s *stream) next() ([]byte, error) {
	if _, err := s.in.Discard(s.used); err != nil {
		return nil, err
	}
	s.used = 0
	prefix, err := s.in.Peek(2)
	if err != nil {
		return nil, s.cut(prefix, err)
	}
	s.used = 2 + int(binary.BigEndian.Uint16(prefix))
	framed, err := s.in.Peek(s.used)
	if err != nil {
		return nil, s.cut(framed, err)
	}
	return framed[2:], nil
}

// cut tells a stream that ends within a message from one that ends between two.
func (s *stream) cut(got []byte, err error) error {
	if !errors.Is(err, io.EOF) {
		return err
	}
	s.used = 0
	if len(got) > 0 {
		err = io.ErrUnexpectedEOF
	}
	return &wrapped{ErrNetwork, err}
}

// Read is for the buffer: one read of the connection, within the limits.
func (s *stream) Read(p []byte) (int, error) {
	if s.octets >= s.limits.Octets {
		return 0, ErrSize
	}
	deadline, cause := s.deadline()
	if err := s.conn.SetReadDeadline(deadline); err != nil {
		return 0, s.failure(err, cause)
	}
	n, err := s.conn.Read(p)
	s.octets += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = s.failure(err, cause)
	}
	return n, err
}

// deadline is the next instant at which a limit is exceeded if nothing arrives before it, and which one.
func (s *stream) deadline() (time.Time, error) {
	at, cause := time.Now().Add(s.idle), ErrTimeout
	// The average falls below the minimum rate when the octets so far are all there is after this time.
	enough := time.Duration(float64(s.octets) / float64(s.limits.Rate) * float64(time.Second))
	if slow := s.start.Add(max(s.limits.RateGrace, enough)); slow.Before(at) {
		at, cause = slow, ErrRate
	}
	if s.end.Before(at) {
		at, cause = s.end, ErrTime
	}
	return at, cause
}

// failure names an error of the connection: the caller ended, a limit, or the network.
func (s *stream) failure(err, limit error) error {
	switch {
	case s.ctx.Err() != nil:
		return stopped(s.ctx)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return limit
	}
	return &wrapped{ErrNetwork, told(err)}
}
