package main

import (
	"encoding/binary"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/miekg/dns"
)

// A pulse is a steady stream of queries over UDP, of which it is known when each was sent and answered: dnsperf
// tells the latter of the whole run only. Its index is the ID of a query.
type pulse struct {
	fd       int
	queries  [][]byte
	sent     []time.Time
	answered []time.Time // zero: never
	done     atomic.Bool // all are sent
}

// lostAfter is what a query counts as that was never answered.
const lostAfter = time.Second

// mostPulses is how many IDs there are.
const mostPulses = 1<<16 - 1

func (b *bench) newPulse(s *server, list []question, n int) *pulse {
	fd, err := socket(s.addr)
	if err != nil {
		b.stand.Fatal(err)
	}
	wait := syscall.NsecToTimeval(int64(lostAfter))
	syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &wait)
	const beyondTheLimit = 33 // SO_RCVBUFFORCE; who may not gets what the limit is
	syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<20)
	syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, beyondTheLimit, 4<<20)
	n = min(n, mostPulses)
	p := &pulse{fd: fd, sent: make([]time.Time, n), answered: make([]time.Time, n)}
	for i := range n {
		q := list[i%len(list)]
		m := new(dns.Msg).SetQuestion(q.name, dns.StringToType[q.rtype])
		m.Id, m.RecursionDesired = uint16(i), false
		raw, err := m.Pack()
		if err != nil {
			b.stand.Fatal(err)
		}
		p.queries = append(p.queries, raw)
	}
	return p
}

// run sends all queries, so many a second, and returns when the last can be answered no more.
func (p *pulse) run(rate int) {
	defer syscall.Close(p.fd)
	var group sync.WaitGroup
	group.Go(p.receive)
	group.Go(func() { p.send(time.Second / time.Duration(rate)) })
	group.Wait()
}

func (p *pulse) send(every time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	preciseSleep()
	begun := time.Now()
	for i, q := range p.queries {
		if nap := time.Until(begun.Add(time.Duration(i) * every)); nap > 0 {
			t := syscall.NsecToTimespec(int64(nap))
			syscall.Nanosleep(&t, nil)
		}
		p.sent[i] = time.Now()
		syscall.Write(p.fd, q)
	}
	p.done.Store(true)
}

// receive ends when all answers are there, or when all queries are sent and nothing has come for as long as one may take.
func (p *pulse) receive() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var buf [4096]byte
	for left := len(p.queries); left > 0; {
		last := p.done.Load()
		n, err := syscall.Read(p.fd, buf[:])
		if err != nil && last {
			return
		}
		if err != nil {
			continue
		}
		left--
		if i := int(binary.BigEndian.Uint16(buf[:])); n > headerOctets && i < len(p.answered) {
			p.answered[i] = time.Now()
		}
	}
}

// A span is a part of the time.
type span struct{ from, to time.Time }

// within are the latencies in seconds of the queries that were sent in one of the spans.
func (p *pulse) within(spans ...span) (list []float64) {
	for i, at := range p.sent {
		for _, s := range spans {
			if at.Before(s.from) || at.After(s.to) {
				continue
			}
			took := lostAfter
			if !p.answered[i].IsZero() {
				took = p.answered[i].Sub(at)
			}
			list = append(list, took.Seconds())
			break
		}
	}
	return list
}

// lost is how many were never answered.
func (p *pulse) lost() (n float64) {
	for _, at := range p.answered {
		if at.IsZero() {
			n++
		}
	}
	return n
}
