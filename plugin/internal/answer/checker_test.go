package answer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// A reply is a Result as a validator sees it.
type reply struct {
	origin                        string
	qname                         string
	qtype                         uint16
	rcode                         int
	aa                            bool
	answer, authority, additional []dns.RR
}

// proofs is what a validator concludes from the records of denial in a reply.
type proofs interface {
	noName(name string) error
	noData(name string, qtype uint16) error
	noDS(cut string) error
	// noCloser: the name does not exist, nor does any that has more than the given number of labels of it.
	noCloser(name string, labels int) error
}

// check validates a reply from a zone that is signed, written from RFC 4035 §5.4 and RFC 5155 §8 without a look at
// the code under test.
func (r *reply) check(how signing) error {
	var p proofs = nsecProofs{r}
	if how.denial == dns.TypeNSEC3 {
		p = nsec3Proofs{r, how}
	}
	last, err := r.chain(p)
	if err != nil {
		return err
	}
	switch {
	case r.rcode == dns.RcodeNameError:
		return p.noName(last)
	case r.rcode != dns.RcodeSuccess || !dns.IsSubDomain(r.origin, last):
		return nil
	}
	if cut := r.cut(); cut != "" {
		if !dns.IsSubDomain(cut, last) {
			return fmt.Errorf("referral to %s, which is not above %s", cut, last)
		}
		if find(r.authority, cut, dns.TypeDS) != nil {
			return nil
		}
		return p.noDS(cut)
	}
	if find(r.authority, r.origin, dns.TypeSOA) != nil {
		return p.noData(last, r.qtype)
	}
	return nil
}

// chain follows the aliases of the answer and returns the last name; what comes from a wildcard must be proved.
func (r *reply) chain(p proofs) (string, error) {
	name := r.qname
	for range maxChain + 1 {
		for _, rr := range r.answer {
			sig, ok := rr.(*dns.RRSIG)
			if !ok || !strings.EqualFold(sig.Hdr.Name, name) || strings.HasPrefix(name, "*.") {
				continue
			}
			if labels := int(sig.Labels); labels < dns.CountLabel(name) {
				if err := p.noCloser(name, labels); err != nil {
					return "", err
				}
			}
		}
		cname, ok := find(r.answer, name, dns.TypeCNAME).(*dns.CNAME)
		if !ok || r.qtype == dns.TypeCNAME || r.qtype == dns.TypeANY && !r.redirected(name) {
			return name, nil
		}
		name = strings.ToLower(cname.Target)
	}
	return name, nil
}

// redirected says that the answer has a DNAME above the name.
func (r *reply) redirected(name string) bool {
	return slices.ContainsFunc(r.answer, func(rr dns.RR) bool {
		return rr.Header().Rrtype == dns.TypeDNAME && !strings.EqualFold(rr.Header().Name, name) &&
			dns.IsSubDomain(rr.Header().Name, name)
	})
}

// cut is the owner of the NS RRset of a referral.
func (r *reply) cut() string {
	for _, rr := range r.authority {
		if rr.Header().Rrtype == dns.TypeNS && !strings.EqualFold(rr.Header().Name, r.origin) {
			return strings.ToLower(rr.Header().Name)
		}
	}
	return ""
}

func find(section []dns.RR, name string, rrtype uint16) dns.RR {
	for _, rr := range section {
		if rr.Header().Rrtype == rrtype && strings.EqualFold(rr.Header().Name, name) {
			return rr
		}
	}
	return nil
}

// denied says that a bitmap has neither the type nor CNAME, which would answer for all but NSEC and RRSIG.
func denied(types []uint16, qtype uint16) bool {
	beside := qtype == dns.TypeNSEC || qtype == dns.TypeRRSIG
	return !slices.Contains(types, qtype) && (beside || !slices.Contains(types, dns.TypeCNAME))
}

// delegates says that a bitmap is that of the parent's side of a cut.
func delegates(types []uint16) bool {
	return slices.Contains(types, dns.TypeNS) && !slices.Contains(types, dns.TypeSOA)
}

// ancestorOf is the ancestor that has the given number of labels.
func ancestorOf(name string, labels int) string {
	for dns.CountLabel(name) > labels {
		name = parent(name)
	}
	return name
}

func wildcardOf(name string) string { return "*." + strings.TrimPrefix(name, ".") }
