package primary

import (
	"encoding/binary"
	"errors"
	"net"
	"syscall"
	"time"
	"unsafe"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
)

// Pace is how an answer is delivered.
type Pace struct {
	// Silent sends nothing and keeps the connection open.
	Silent bool
	// StopAfter sends so many messages; then CloseThen says whether the
	// connection is closed (by a RST with Reset) or left open in silence. 0
	// sends all.
	StopAfter int
	CloseThen bool
	// CloseFirst closes the connection instead of answering.
	CloseFirst bool
	// Reset ends the connection with a RST once all that is sent was received.
	Reset bool
	// BytesPerSecond bounds the speed of TCP; 0 does not.
	BytesPerSecond int
	// Delay comes before the first byte.
	Delay time.Duration
}

// closes says whether the connection ends with the answer.
func (p Pace) closes() bool { return p.Reset || p.CloseFirst || p.StopAfter > 0 && p.CloseThen }

// writer delivers replies over one transport.
type writer interface{ deliver(*Reply) Delivery }

// errStopped ends a delivery that the test's end cut short.
var errStopped = errors.New("the scripted primary was closed")

// datagram answers one query over UDP.
type datagram struct {
	conn   *net.UDPConn
	remote *net.UDPAddr
}

// deliver sends the first message, or what stands for an answer that is too
// large: a lone SOA for IXFR (RFC 1995 §2), else TC.
func (d *datagram) deliver(r *Reply) Delivery {
	start := time.Now()
	if r.Pace.Silent || r.Pace.CloseFirst {
		return Delivery{}
	}
	time.Sleep(r.Pace.Delay) // delays the next query too, as it would a slow server
	raw, err := d.first(r)
	if err == nil {
		_, err = d.conn.WriteToUDP(raw, d.remote)
	}
	return Delivery{Messages: 1, Bytes: len(raw), Duration: time.Since(start), Err: err}
}

func (d *datagram) first(r *Reply) ([]byte, error) {
	limit := dns.MinMsgSize
	if opt := r.Query.Msg.IsEdns0(); opt != nil {
		limit = max(limit, int(opt.UDPSize()))
	}
	for attempt := 0; ; attempt++ {
		for m := range r.messages() {
			raw, err := newWire(r).bytes(m)
			if err != nil || (m.Last && len(raw) <= limit) || attempt > 0 {
				return raw, err
			}
			break
		}
		if r.Query.Kind == IXFR {
			r.Records = []dns.RR{r.current().soa}
			continue
		}
		r.Records, r.Authority = nil, nil
		r.OnMessage = append(r.OnMessage, func(m *Message) { m.TC = true })
	}
}

// stream answers queries over one TCP connection.
type stream struct {
	conn *net.TCPConn
	stop <-chan struct{}
}

func (s *stream) deliver(r *Reply) Delivery {
	start := time.Now()
	d := Delivery{}
	d.Err = s.send(r, &d)
	d.Duration = time.Since(start)
	return d
}

func (s *stream) send(r *Reply, d *Delivery) error {
	if r.Pace.CloseFirst {
		return nil
	}
	if r.Pace.Silent {
		return s.hangUp()
	}
	if err := s.pause(r.Pace.Delay); err != nil {
		return err
	}
	w := newWire(r)
	for m := range r.messages() {
		raw, err := w.bytes(m)
		if err != nil {
			return err
		}
		if err := s.write(raw, r.Pace.BytesPerSecond); err != nil {
			return err
		}
		d.Messages++
		d.Bytes += len(raw)
		if d.Messages == r.Pace.StopAfter {
			switch {
			case !r.Pace.CloseThen:
				return s.hangUp()
			case r.Pace.Reset:
				return s.reset()
			}
			return nil
		}
	}
	if r.Pace.Reset {
		return s.reset()
	}
	return nil
}

// write sends one message with its length prefix.
func (s *stream) write(raw []byte, rate int) error {
	framed := append(binary.BigEndian.AppendUint16(nil, uint16(len(raw))), raw...)
	if rate == 0 {
		_, err := s.conn.Write(framed)
		return err
	}
	// Ten portions a second, or single bytes.
	portion := max(1, rate/10)
	for len(framed) > 0 {
		n := min(portion, len(framed))
		if _, err := s.conn.Write(framed[:n]); err != nil {
			return err
		}
		framed = framed[n:]
		if err := s.pause(time.Duration(n) * time.Second / time.Duration(rate)); err != nil {
			return err
		}
	}
	return nil
}

// pause waits, but not beyond the end of the test.
func (s *stream) pause(d time.Duration) error {
	if d == 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-s.stop:
		return errStopped
	}
}

// hangUp sends nothing more and waits until the client has had enough; what
// the client still sends is ignored. The delivery ends with an error, since
// the answer never did.
func (s *stream) hangUp() error {
	buf := make([]byte, 512)
	for {
		if _, err := s.conn.Read(buf); err != nil {
			return err
		}
	}
}

// reset waits until the client's kernel has all bytes, then sends a RST rather
// than a FIN. Sooner, the kernel would throw away what is still to be sent.
func (s *stream) reset() error {
	rc, err := s.conn.SyscallConn()
	if err != nil {
		return err
	}
	err = ask.Poll(ask.Patience, func() error {
		var queued int32
		var errno syscall.Errno
		err := rc.Control(func(fd uintptr) {
			_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&queued)))
		})
		switch {
		case err != nil:
			return err
		case errno != 0:
			return errno
		case queued > 0:
			return errors.New("bytes are still unacknowledged")
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.conn.SetLinger(0); err != nil {
		return err
	}
	return s.conn.Close()
}
