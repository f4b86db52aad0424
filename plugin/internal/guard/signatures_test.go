package guard

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// rrsig is one over the records of a type at a name, with an expiration in seconds from now.
func rrsig(name string, covered uint16, now time.Time, left int64) zone.RR {
	data := make([]byte, 18, 32)
	binary.BigEndian.PutUint16(data, covered)
	binary.BigEndian.PutUint32(data[8:], uint32(now.Unix()+left))
	return zone.RR{Owner: owner.MustParse(name), Type: dns.TypeRRSIG, Data: append(append(data, apex...), 's')}
}

func TestTheFirstSignatureToExpireCounts(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	wrap := time.Unix(1<<32-100, 0) // the 32 bits end in 100 seconds
	for _, c := range []struct {
		name string
		now  time.Time
		sigs []zone.RR
		left int64 // seconds
		none bool
	}{
		{name: "an unsigned zone", now: now, none: true},
		{"one signature", now, []zone.RR{rrsig("example.", dns.TypeSOA, now, 60)}, 60, false},
		{"the first of several names", now, []zone.RR{
			rrsig("example.", dns.TypeSOA, now, 90), rrsig("a.example.", dns.TypeA, now, 50), rrsig("b.example.", dns.TypeA, now, 70),
		}, 50, false},
		{"the first of several over one RRset", now, []zone.RR{
			rrsig("example.", dns.TypeNS, now, 90), rrsig("example.", dns.TypeNS, now, 30),
		}, 30, false},
		{"one over an NSEC3", now, []zone.RR{
			rrsig("example.", dns.TypeSOA, now, 90), rrsig("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example.", dns.TypeNSEC3, now, 20),
		}, 20, false},
		{"one that has expired", now, []zone.RR{
			rrsig("example.", dns.TypeSOA, now, 90), rrsig("a.example.", dns.TypeA, now, -3600),
		}, -3600, false},
		{"beyond the end of the 32 bits", wrap, []zone.RR{
			rrsig("example.", dns.TypeSOA, wrap, 200), rrsig("a.example.", dns.TypeA, wrap, 50),
		}, 50, false},
		{"only beyond the end of the 32 bits", wrap, []zone.RR{rrsig("example.", dns.TypeSOA, wrap, 200)}, 200, false},
		{"expired before the end of the 32 bits", time.Unix(1<<32+100, 0), []zone.RR{
			rrsig("example.", dns.TypeSOA, time.Unix(1<<32+100, 0), -150),
		}, -150, false},
	} {
		v := version(t, 1, append(c.sigs, ns("example."))...)
		until, ok := SignedUntil(v, c.now)
		if ok == c.none || ok && until != c.now.Add(time.Duration(c.left)*time.Second).Truncate(time.Second).Local() {
			t.Errorf("%s: %v, %v", c.name, until.Sub(c.now), ok)
		}
	}
}

// An alert with another reason is another alert.
func TestTheReasonOfOldSignaturesStays(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for _, left := range []time.Duration{-5 * time.Hour, 20 * time.Hour} {
		v := version(t, 1, rrsig("example.", dns.TypeSOA, now, int64(left/time.Second)), ns("example."))
		c := &Change{Candidate: Candidate{Version: v}, Now: now, After: StatisticsOf(v)}
		was, _ := signatures(nil, c)
		c.Now = now.Add(time.Hour)
		if is, found := signatures(nil, c); !found || is != was {
			t.Errorf("%s, an hour later %s", was, is)
		}
	}
}
