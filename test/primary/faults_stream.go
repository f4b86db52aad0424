package primary

import (
	"encoding/binary"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// pacing is a fault of delivery.
func pacing(name string, change func(*Pace)) Fault {
	return Fault{name, func(r *Reply) { change(&r.Pace) }}
}

// Silent never answers; a TCP connection stays open.
func Silent() Fault { return pacing("silent", func(p *Pace) { p.Silent = true }) }

// CloseAtOnce closes the connection instead of answering.
func CloseAtOnce() Fault { return pacing("close", func(p *Pace) { p.CloseFirst = true }) }

// CloseAfter closes the connection after n messages.
func CloseAfter(n int) Fault {
	return pacing(fmt.Sprintf("close_after=%d", n), func(p *Pace) { p.StopAfter, p.CloseThen = n, true })
}

// ResetAfter sends a RST once the client's kernel has n messages.
func ResetAfter(n int) Fault {
	return pacing(fmt.Sprintf("reset_after=%d", n), func(p *Pace) { p.StopAfter, p.CloseThen, p.Reset = n, true, true })
}

// HangAfter falls silent after n messages, with the connection open.
func HangAfter(n int) Fault {
	return pacing(fmt.Sprintf("hang_after=%d", n), func(p *Pace) { p.StopAfter, p.CloseThen = n, false })
}

// ResetAfterEnd sends a RST once the client's kernel has the whole answer.
func ResetAfterEnd() Fault { return pacing("rst_after_end", func(p *Pace) { p.Reset = true }) }

// Slow delivers n bytes a second over TCP; Slow(1) is a slow loris.
func Slow(n int) Fault {
	return pacing(fmt.Sprintf("slow=%d", n), func(p *Pace) { p.BytesPerSecond = n })
}

// Delayed waits before the first byte.
func Delayed(d time.Duration) Fault {
	return pacing(fmt.Sprintf("delay_ms=%d", d.Milliseconds()), func(p *Pace) { p.Delay = d })
}

// Held stops answers until release is called, at the latest at the end of the test.
func Held(t testing.TB) (fault Fault, release func()) {
	gate := make(chan struct{})
	release = sync.OnceFunc(func() { close(gate) })
	t.Cleanup(release)
	return Custom("held", func(*Reply) { <-gate }), release
}

// OneByOne sends one record a message.
func OneByOne() Fault { return RecordsPerMessage(1) }

// RecordsPerMessage sends n records a message.
func RecordsPerMessage(n int) Fault {
	return Fault{fmt.Sprintf("per_message=%d", n), func(r *Reply) { r.PerMessage = n }}
}

// MessageSize begins a new message before this size is exceeded.
func MessageSize(n int) Fault {
	return Fault{fmt.Sprintf("message_size=%d", n), func(r *Reply) { r.MaxSize = n }}
}

// SOAEndsMessage ends a message after every SOA but the first, so that a client
// that takes an SOA at the end of a message for the end of the transfer stops
// too soon. It makes a difference for sequences of IXFR, or after MidSOA.
func SOAEndsMessage() Fault {
	return Fault{"soa_ends_message", func(r *Reply) {
		r.SplitAfter = func(i int, rr dns.RR) bool { return i > 0 && rr.Header().Rrtype == dns.TypeSOA }
	}}
}

// Endless never comes to the closing SOA: e<number>.<zone> without end.
func Endless() Fault {
	return Fault{"endless", func(r *Reply) {
		if len(r.Records) > 1 {
			r.Records = r.Records[:len(r.Records)-1]
		}
		r.More = func(i int) dns.RR { return txt(fmt.Sprintf("e%d.%s", i, r.Zone), "endless") }
	}}
}

// Compressed compresses names in another way.
func Compressed(c Compression) Fault {
	return Fault{"compression=" + compressions[c], func(r *Reply) { r.Compression = c }}
}

var compressions = map[Compression]string{
	Usual: "usual", None: "none", Owners: "owners", Chains: "chains",
	InRDATA: "in_rdata", Loops: "loops", Forward: "forward", AcrossMessages: "across_messages",
}

// CutMessage sends message n (from 0) without its last bytes, with a length
// prefix to match.
func CutMessage(n, bytes int) Fault {
	return Fault{fmt.Sprintf("cut_message=%d", n), func(r *Reply) {
		r.OnSigned = append(r.OnSigned, func(m *Message, raw []byte) []byte {
			if m.Index == n {
				return raw[:max(0, len(raw)-bytes)]
			}
			return raw
		})
	}}
}

// ShortMessage sends message n as one byte.
func ShortMessage(n int) Fault {
	return Fault{fmt.Sprintf("short_message=%d", n), func(r *Reply) {
		r.OnSigned = append(r.OnSigned, func(m *Message, raw []byte) []byte {
			if m.Index == n {
				return raw[:1]
			}
			return raw
		})
	}}
}

// LyingCount announces one record more than the message has.
func LyingCount() Fault {
	return Fault{"lying_count", func(r *Reply) {
		r.OnWire = append(r.OnWire, func(m *Message, raw []byte) []byte {
			binary.BigEndian.PutUint16(raw[6:], binary.BigEndian.Uint16(raw[6:])+1)
			return raw
		})
		r.Signing = nil // no TSIG record can be found behind a wrong count
	}}
}

// LyingLength makes the last record's RDLENGTH reach beyond the message.
func LyingLength() Fault {
	return Fault{"lying_length", func(r *Reply) {
		r.Records = append(r.Records[:len(r.Records):len(r.Records)], opaque("long."+r.Zone, dns.TypeTXT, "0178"))
		r.Signing = nil
		r.OnMessage = append(r.OnMessage, func(m *Message) { m.Additional = nil })
		r.OnWire = append(r.OnWire, func(m *Message, raw []byte) []byte {
			if m.Last {
				binary.BigEndian.PutUint16(raw[len(raw)-4:], 4000)
			}
			return raw
		})
	}}
}
