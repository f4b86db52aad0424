package primary

import (
	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
)

// Reply is an answer before it is sent. Faults change its fields.
type Reply struct {
	Query Query
	Zone  string

	versions []version // oldest first

	// Records are the answer section, over all messages.
	Records []dns.RR
	// Authority is the authority section of the last message.
	Authority []dns.RR
	// Rcode and AA are those of every message.
	Rcode int
	AA    bool
	// PerMessage bounds the records of a message; 0 leaves that to MaxSize.
	PerMessage int
	// FirstMessage bounds those of the first message; 0 does not.
	FirstMessage int
	// SplitAfter ends a message after the i-th record if it says so.
	SplitAfter func(i int, rr dns.RR) bool
	// MaxSize is the size beyond which a message gets no more records.
	MaxSize int
	// More makes further records once Records are sent, forever.
	More func(i int) dns.RR
	// Compression is how names are compressed.
	Compression Compression
	// OnMessage changes each message before it is packed.
	OnMessage []func(*Message)
	// OnWire changes each packed message before it is signed.
	OnWire []func(m *Message, raw []byte) []byte
	// OnSigned changes each message when it is ready to be sent.
	OnSigned []func(m *Message, raw []byte) []byte

	// Signing is how messages are signed; nil: not at all.
	Signing *Signing
	// Pace is how the answer is delivered.
	Pace Pace
}

// Message is one message of a reply.
type Message struct {
	Index    int
	Last     bool // never, if there are More
	ID       uint16
	Response bool
	Opcode   int
	Rcode    int
	AA, TC   bool
	Question []dns.Question
	Answer   []dns.RR
	// Authority and Additional are mostly empty.
	Authority, Additional []dns.RR
}

// correct is the right answer to a query.
func (p *Primary) correct(q *Query) *Reply {
	r := &Reply{Query: *q, Zone: p.zone, versions: p.history(), AA: true, MaxSize: 16 << 10}
	if q.Key != "" && p.conf.Key != nil {
		r.Signing = &Signing{Key: *p.conf.Key}
	}
	switch {
	case q.TSIG != 0:
		tsigError(q.TSIG).apply(r)
	case len(r.versions) == 0:
		Servfail().apply(r)
	case p.conf.RequireTSIG && q.Key == "" && (q.Kind == AXFR || q.Kind == IXFR):
		Refused().apply(r)
	case len(q.Msg.Question) != 1:
		Formerr().apply(r)
	case q.Kind == Other || dns.CanonicalName(q.Msg.Question[0].Name) != dns.CanonicalName(p.zone):
		r.lookup()
	default:
		r.transfer()
	}
	return r
}

// transfer fills in the records for SOA, AXFR and IXFR at the apex.
func (r *Reply) transfer() {
	switch {
	case r.Query.Kind == SOA:
		r.Records = []dns.RR{r.current().soa}
	case r.Query.Kind == AXFR && r.Query.Net == "udp":
		Refused().apply(r) // RFC 5936 §4.2: undefined
	case r.Query.Kind == AXFR:
		r.Records = r.current().whole()
	default:
		r.Records = r.differences(r.Query.Serial)
	}
}

// current is the latest version; only asked for when there is one.
func (r *Reply) current() version { return r.versions[len(r.versions)-1] }

// lookup answers any other question from the records with that owner name.
// There is no more to it: no wildcards, no delegations.
func (r *Reply) lookup() {
	q := r.Query.Msg.Question[0]
	if !dns.IsSubDomain(r.Zone, q.Name) {
		Refused().apply(r)
		return
	}
	exists := false
	for _, rr := range append(r.current().rest, r.current().soa) {
		if dns.CanonicalName(rr.Header().Name) != dns.CanonicalName(q.Name) {
			continue
		}
		exists = true
		if rr.Header().Rrtype == q.Qtype || q.Qtype == dns.TypeANY {
			r.Records = append(r.Records, rr)
		}
	}
	if !exists {
		r.Rcode = dns.RcodeNameError
	}
	if len(r.Records) == 0 {
		r.Authority = []dns.RR{r.current().soa}
	}
}

// answer sends the answer to a query; false means that the connection is of no
// further use.
func (p *Primary) answer(q *Query, w writer) bool {
	r := p.correct(q)
	for _, f := range p.faultsFor(q.Kind) {
		f.apply(r)
	}
	d := w.deliver(r)
	d.Query = *q
	p.recordDelivery(d)
	return d.Err == nil && !r.Pace.closes()
}

// Signing is how the messages of a reply are signed.
type Signing struct {
	Key ask.Key
	// Skip says which messages go unsigned.
	Skip func(*Message) bool
	// Skew is added to the clock.
	Skew int64
	// Error is the TSIG error, and Bare leaves the MAC out.
	Error uint16
	Bare  bool
}
