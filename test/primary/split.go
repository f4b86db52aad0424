package primary

import (
	"iter"

	"github.com/miekg/dns"
)

// messages are the messages of a reply in turn, changed by OnMessage. With
// More they never end.
func (r *Reply) messages() iter.Seq[*Message] {
	return func(yield func(*Message) bool) {
		index, rest := 0, r.Records
		for first := true; first || len(rest) > 0; first = false {
			n := r.take(len(r.Records)-len(rest), rest, index == 0)
			m := r.message(index, rest[:n], n == len(rest) && r.More == nil)
			rest = rest[n:]
			index++
			if !yield(m) {
				return
			}
		}
		for made := 0; r.More != nil; index++ {
			batch := make([]dns.RR, 100)
			for i := range batch {
				batch[i] = r.More(made)
				made++
			}
			if !yield(r.message(index, batch, false)) {
				return
			}
		}
	}
}

// take is how many of the records go into the next message; offset is the
// number of those that went before.
func (r *Reply) take(offset int, rest []dns.RR, first bool) int {
	size := 12 + 255 + 4
	for i, rr := range rest {
		size += dns.Len(rr) // uncompressed: an upper bound
		switch {
		case i == 0:
		case size > r.MaxSize,
			r.PerMessage > 0 && i >= r.PerMessage,
			first && r.FirstMessage > 0 && i >= r.FirstMessage:
			return i
		}
		if r.SplitAfter != nil && r.SplitAfter(offset+i, rr) {
			return i + 1
		}
	}
	return len(rest)
}

func (r *Reply) message(index int, answer []dns.RR, last bool) *Message {
	m := &Message{
		Index: index, Last: last,
		ID: r.Query.Msg.Id, Response: true, Opcode: r.Query.Msg.Opcode,
		Rcode: r.Rcode, AA: r.AA,
		Question: append([]dns.Question(nil), r.Query.Msg.Question...),
		Answer:   answer,
	}
	if last {
		m.Authority = r.Authority
	}
	if opt := r.Query.Msg.IsEdns0(); opt != nil {
		m.Additional = []dns.RR{&dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT, Class: 1232}}}
	}
	for _, change := range r.OnMessage {
		change(m)
	}
	return m
}
