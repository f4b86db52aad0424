package nswatch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// When signatures are about to expire.
const (
	warnBefore     = 3 * 24 * time.Hour
	criticalBefore = 24 * time.Hour
	warnPart       = 4 // a quarter of the validity, if that is less: whoever signs for an hour signs often
)

// signatures finds servers with RRSIGs that expire soon, or that do not validate.
func signatures(r *Round, out *Report) {
	for i := range r.Seen {
		s := &r.Seen[i]
		if !s.Authority() || s.Signed == nil || r.Parent == nil && !s.Signed.any() {
			continue
		}
		expiring(s, r.Now, out)
		at := Subject{Kind: Invalid, Server: s.Server}
		if err := s.Signed.validate(r.Parent, r.Now); err != nil {
			out.found(at, true, fmt.Sprintf("does not validate: %v", err))
			continue
		}
		out.good(at)
	}
}

func (s *Signed) any() bool { return len(s.Keys) > 0 || len(s.Sigs) > 0 }

func expiring(s *Seen, now time.Time, out *Report) {
	at := Subject{Kind: Expiring, Server: s.Server}
	first, begun, ok := s.Until(now)
	if left := first.Sub(now); ok && left < min(warnBefore, first.Sub(begun)/warnPart) {
		word := "expire"
		if left <= 0 {
			word = "expired"
		}
		out.found(at, left < criticalBefore, fmt.Sprintf("has signatures that %s at %s", word, first.UTC().Format(time.RFC3339)))
		return
	}
	out.good(at)
}

// until is when the first of the signatures expires, and when it began to hold; ok is false if there is none.
func (s *Signed) until(now time.Time) (first, begun time.Time, ok bool) {
	for _, sig := range s.Sigs {
		end := moment(sig.Expiration, now)
		if !ok || end.Before(first) {
			first, begun, ok = end, moment(sig.Inception, now), true
		}
	}
	return first, begun, ok
}

// moment is the time that 32 bits stand for, the one nearest to now (RFC 4034 §3.1.5).
func moment(bits uint32, now time.Time) time.Time {
	return time.Unix(now.Unix()+int64(int32(bits-uint32(now.Unix()))), 0)
}

// validate follows the chain from the parent's DS RRset to the RRsets at the apex (RFC 4035 §5). Where there is no DS
// RRset, or it is not known, the DNSKEY RRset is trusted as it is: the zone is insecure, but whoever has it configured as
// an anchor must be able to validate.
func (s *Signed) validate(p *Parent, now time.Time) error {
	trusted := s.Keys
	if p != nil && len(p.DS) > 0 {
		if trusted = entry(p.DS, s.Keys); len(trusted) == 0 {
			return fmt.Errorf("no DNSKEY matches the DS RRset in %s", p.Zone)
		}
	}
	if len(s.Keys) == 0 {
		return nil
	}
	for _, set := range s.Sets {
		if len(set) == 0 {
			continue
		}
		keys := s.Keys
		if set[0].Header().Rrtype == dns.TypeDNSKEY {
			keys = trusted
		}
		if err := verify(set, s.Sigs, keys, now); err != nil {
			return err
		}
	}
	return nil
}

// verify says why no signature over an RRset is good.
func verify(set []dns.RR, sigs []*dns.RRSIG, keys []*dns.DNSKEY, now time.Time) error {
	h := set[0].Header()
	why := "there is no RRSIG"
	for _, sig := range sigs {
		if sig.TypeCovered != h.Rrtype || !strings.EqualFold(sig.Hdr.Name, h.Name) {
			continue
		}
		i := slices.IndexFunc(keys, func(k *dns.DNSKEY) bool {
			return k.KeyTag() == sig.KeyTag && k.Algorithm == sig.Algorithm && sig.Verify(k, set) == nil
		})
		switch {
		case i < 0:
			why = "no RRSIG is made by a key that counts"
		case !sig.ValidityPeriod(now):
			why = "the RRSIG has expired, or does not hold yet"
		default:
			return nil
		}
	}
	return fmt.Errorf("the %s RRset: %s", dns.Type(h.Rrtype), why)
}
