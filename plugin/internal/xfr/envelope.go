package xfr

import (
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// open checks all of a message that comes before its answers (RFC 5936 §2.2.1, §2.2.2).
func (i *Interpreter) open(message []byte) error {
	if err := i.reader.reset(message); err != nil {
		return err
	}
	if err := i.query.fits(i.reader.header); err != nil {
		return err
	}
	first := i.counts.Messages == 0
	if i.reader.truncated() {
		return malformed("TC over a stream")
	}
	// RFC 5936 §2.2.2: the first message repeats the question, later ones need not.
	if first && i.reader.questions != 1 {
		return malformed("%d questions in the first message", i.reader.questions)
	}
	if err := i.query.sameQuestion(&i.reader); err != nil {
		return err
	}
	if first && i.reader.answers == 0 {
		return malformed("NOERROR without an answer")
	}
	return nil
}

// fits says whether a header is that of a successful reply to the query. The order of the checks is the
// order in which they tell the operator most.
func (q Query) fits(h header) error {
	switch {
	case h.id != q.ID:
		return malformed("message ID %d, not %d", h.id, q.ID)
	case !h.response():
		return malformed("a query (QR=0)")
	case h.opcode() != dns.OpcodeQuery:
		return malformed("opcode %d", h.opcode())
	case h.rcode() != dns.RcodeSuccess:
		return &RcodeError{h.rcode()}
	}
	return nil
}

// sameQuestion reads the question section, which is empty or the query's.
func (q Query) sameQuestion(r *reader) error {
	if r.questions > 1 {
		return malformed("%d questions", r.questions)
	}
	if r.questions == 0 {
		return nil
	}
	name, qtype, class, err := r.question()
	if err != nil {
		return err
	}
	if qtype != q.Type || class != dns.ClassINET || !owner.Equal(name, q.Apex) {
		return malformed("the answer to another question: %s %s %s", name, dns.Class(class), typeName(qtype))
	}
	return nil
}
