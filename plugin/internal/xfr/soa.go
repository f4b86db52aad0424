package xfr

import (
	"fmt"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

func lame(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrLame}, args...)...)
}

// soaAnswer reads the answer to a SOA query. RFC 1034 §4.3.5 has a secondary ask for the SOA; only an
// authoritative NOERROR with exactly the zone's SOA says that the primary is one.
func (q Query) soaAnswer(msg []byte) (zone.SOA, error) {
	var r reader
	if err := r.reset(msg); err != nil {
		return zone.SOA{}, err
	}
	if err := q.fits(r.header); err != nil {
		return zone.SOA{}, err
	}
	if r.questions != 1 {
		return zone.SOA{}, malformed("%d questions", r.questions)
	}
	if err := q.sameQuestion(&r); err != nil {
		return zone.SOA{}, err
	}
	switch {
	case r.truncated():
		return zone.SOA{}, errTruncated
	case !r.authoritative():
		return zone.SOA{}, lame("not authoritative (AA=0)")
	}
	return q.onlySOA(&r)
}

// onlySOA is the one SOA of the answer section. Signatures over it are of no concern.
func (q Query) onlySOA(r *reader) (zone.SOA, error) {
	var soa zone.SOA
	found := 0
	var rr record
	for range r.answers {
		if err := r.record(&rr); err != nil {
			return zone.SOA{}, err
		}
		switch {
		case rr.rrtype == dns.TypeRRSIG:
			continue
		case rr.rrtype != dns.TypeSOA:
			// An apex with a CNAME is no apex (RFC 1034 §3.6.2).
			return zone.SOA{}, lame("%s %s instead of the SOA", rr.owner, typeName(rr.rrtype))
		case !owner.Equal(rr.owner, q.Apex) || rr.class != dns.ClassINET:
			return zone.SOA{}, lame("the SOA of %s", rr.owner)
		}
		data, err := r.rdata(&rr)
		if err != nil {
			return zone.SOA{}, err
		}
		found++
		if soa, err = zone.ParseSOA(zone.RR{Owner: rr.owner, Type: rr.rrtype, TTL: rr.ttl, Data: data}); err != nil {
			return zone.SOA{}, malformed("SOA: %v", err)
		}
	}
	if found != 1 {
		return zone.SOA{}, lame("%d SOA records in the answer", found)
	}
	return soa, nil
}
