package primary

import (
	"encoding/binary"
	"time"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
)

// wire turns messages into bytes, signed or not, in the order of the reply.
type wire struct {
	reply  *Reply
	packer *packer
	tsig   *ask.TSIG
}

func newWire(r *Reply) *wire {
	w := &wire{reply: r, packer: newPacker(r.Compression)}
	if r.Signing != nil {
		w.tsig = ask.NewTSIG(r.Signing.Key, r.Query.mac)
	}
	return w
}

func (w *wire) bytes(m *Message) ([]byte, error) {
	raw, err := w.packer.pack(m)
	if err != nil {
		return nil, err
	}
	for _, change := range w.reply.OnWire {
		raw = change(m, raw)
	}
	if raw, err = w.sign(m, raw); err != nil {
		return nil, err
	}
	for _, change := range w.reply.OnSigned {
		raw = change(m, raw)
	}
	return raw, nil
}

func (w *wire) sign(m *Message, raw []byte) ([]byte, error) {
	s := w.reply.Signing
	switch {
	case s == nil:
		return raw, nil
	case s.Bare:
		return w.bare(raw)
	case s.Skip != nil && s.Skip(m):
		w.tsig.Skip(raw)
		return raw, nil
	}
	var other []byte
	at := time.Now().Add(time.Duration(s.Skew) * time.Second)
	if s.Error == dns.RcodeBadTime {
		// The answer bears the time of the query, and the server's own as
		// other data (RFC 8945 §5.2.3).
		other = binary.BigEndian.AppendUint64(nil, uint64(at.Unix()))[2:]
		at = time.Unix(int64(w.reply.Query.Msg.IsTsig().TimeSigned), 0)
	}
	return w.tsig.Sign(raw, at, s.Error, other)
}

// bare adds a TSIG record with an error and no MAC, named as in the query
// (RFC 8945 §5.3.2).
func (w *wire) bare(raw []byte) ([]byte, error) {
	rr := &dns.TSIG{
		Hdr:        dns.RR_Header{Name: ".", Rrtype: dns.TypeTSIG, Class: dns.ClassANY},
		Algorithm:  dns.HmacSHA256,
		TimeSigned: uint64(time.Now().Unix()),
		Fudge:      300,
		OrigId:     w.reply.Query.Msg.Id,
		Error:      w.reply.Signing.Error,
	}
	if asked := w.reply.Query.Msg.IsTsig(); asked != nil {
		rr.Hdr.Name, rr.Algorithm = asked.Hdr.Name, asked.Algorithm
	}
	return ask.AppendTSIG(raw, rr, nil)
}
