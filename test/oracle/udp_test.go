package oracle

import (
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// askedOverUDP is how many questions of a fleet are also asked over UDP.
const askedOverUDP = 1500

// compareUDP asks ours with small buffers and holds what comes against its answer over TCP, which was compared with
// the peers: the RCODE is the same, and TC is set if and only if what the client needs does not fit. The peers are
// no measure here, since their messages are shorter: they compress a name against one in another case.
func (f *fleet) compareUDP(t *testing.T, ours string, seed uint64) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 512))
	seen := map[sizing]int{}
	for _, z := range f.zones {
		list := questionsFor(z, 3000, rnd)
		list = list[:min(len(list), askedOverUDP/len(f.zones)+1)]
		whole := askAll(ours, list)
		size := []uint16{512, 1232}[rnd.IntN(2)]
		for n, q := range list {
			if whole[n].Msg == nil {
				continue // seen by compare
			}
			got, err := overUDP(ours, q, size)
			how := wrong
			if err == nil {
				how, err = f.fits(whole[n].Msg, got, q.limit(size))
			}
			if seen[how]++; err != nil && seen[how] <= shownFailures {
				t.Logf("UDP %d: %s: %v", size, q, err)
			}
		}
	}
	t.Logf("UDP: %v", seen)
	if seen[wrong] > 0 {
		t.Errorf("%d answers over UDP are wrong in TC or RCODE", seen[wrong])
	}
}

// sizing is what became of an answer that may be too long.
type sizing string

const (
	sentWhole  sizing = "complete"
	sentNeeded sizing = "without optional records"
	truncated  sizing = "truncated"
	// overestimated answers would just have fit. CoreDNS goes by dns.Msg.Len, and that is an estimate: 12 octets or more
	// too many for each NSEC3, and 2 for each RRSIG of 64 octets. A truncation that it explains is not ours.
	overestimated sizing = "truncated for an estimate of their size"
	wrong         sizing = "wrong"
)

// limit is the size that the question allows for the reply.
func (q Question) limit(size uint16) int {
	if q.DO {
		return int(size)
	}
	return dns.MinMsgSize // without EDNS
}

// fits judges a reply over UDP by the one over TCP (RFC 2181 section 9).
func (f *fleet) fits(whole, got *dns.Msg, limit int) (sizing, error) {
	needed := f.needed(whole)
	raw, err := needed.Pack()
	if err != nil {
		return wrong, err
	}
	switch fit := len(raw) <= limit; {
	case got.Rcode != whole.Rcode:
		return wrong, fmt.Errorf("RCODE is %s, over TCP %s", dns.RcodeToString[got.Rcode], dns.RcodeToString[whole.Rcode])
	case got.Truncated && !fit:
		return truncated, nil
	case got.Truncated && needed.Len() > limit:
		return overestimated, nil
	case got.Truncated == fit:
		return wrong, fmt.Errorf("TC=%t, and what is needed takes %d octets", got.Truncated, len(raw))
	}
	is, must, all := normalise(got), normalise(needed), normalise(whole)
	switch {
	case !includes(is.Answer, must.Answer) || !includes(is.Authority, must.Authority) || !includes(is.Additional, must.Additional):
		return wrong, fmt.Errorf("TC is clear, and records are missing:\n%s\nneeded:\n%s", is, must)
	case len(is.Authority)+len(is.Additional) < len(all.Authority)+len(all.Additional):
		return sentNeeded, nil
	}
	return sentWhole, nil
}

// needed is the part of an answer that the client cannot do without: all but the NS RRset of a zone beside a
// positive answer, and of the additional section the glue of a referral (RFC 9471 section 3) and the OPT record.
func (f *fleet) needed(whole *dns.Msg) *dns.Msg {
	m := whole.Copy()
	m.Compress = true
	var servers []labels
	m.Ns = slices.DeleteFunc(m.Ns, func(rr dns.RR) bool {
		sig, isSig := rr.(*dns.RRSIG)
		ns, isNS := rr.(*dns.NS)
		if isNS && !f.isApex(rr) && labelsOf(ns.Ns).under(labelsOf(ns.Hdr.Name)) {
			servers = append(servers, labelsOf(ns.Ns))
		}
		return len(m.Answer) > 0 && (isNS || isSig && sig.TypeCovered == dns.TypeNS) && f.isApex(rr)
	})
	m.Extra = slices.DeleteFunc(m.Extra, func(rr dns.RR) bool {
		t, owner := rr.Header().Rrtype, labelsOf(rr.Header().Name)
		glue := (t == dns.TypeA || t == dns.TypeAAAA) && slices.ContainsFunc(servers, owner.equal)
		return t != dns.TypeOPT && !glue
	})
	return m
}

// isApex says that a record belongs to the apex of a zone.
func (f *fleet) isApex(rr dns.RR) bool {
	return slices.ContainsFunc(f.zones, func(z *Zone) bool { return z.Name == fold(rr.Header().Name) })
}

// overUDP reads more than was offered, so as to see who sends too much.
func overUDP(addr string, q Question, size uint16) (*dns.Msg, error) {
	asked := q.message(dns.Id())
	if opt := asked.IsEdns0(); opt != nil {
		opt.SetUDPSize(size)
	}
	conn, err := net.Dial("udp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
	raw, err := asked.Pack()
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write(raw); err != nil {
		return nil, err
	}
	buf := make([]byte, dns.MaxMsgSize)
	n, err := conn.Read(buf)
	if err != nil {
		return nil, err
	}
	if limit := q.limit(size); n > limit {
		return nil, fmt.Errorf("%d octets sent where %d were offered", n, limit)
	}
	m := new(dns.Msg)
	return m, m.Unpack(buf[:n])
}
