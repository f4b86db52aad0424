package oracle

import (
	"path/filepath"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
)

// verify has ldns-verify-zone look at each signed zone as ours transfers it out: every signature is good and the
// chain of denial has no gap, so what ours answers from is whole. That it would notice is seen from the same zone
// without one of its records of denial.
func (f *fleet) verify(t *testing.T, ours string) {
	t.Helper()
	dir, zones := t.TempDir(), 0
	for _, z := range f.zones {
		if !z.Signed() {
			continue
		}
		zones++
		rrs, err := ask.FetchAXFR(ours, z.Name, nil)
		if err != nil {
			t.Errorf("AXFR of %s: %v", z.Name, err)
			continue
		}
		rrs = rrs[:len(rrs)-1] // the closing SOA
		if err := wellSigned(dir, z.Name, rrs); err != nil {
			t.Errorf("%s: %v", z.Name, err)
		}
		if wellSigned(dir, z.Name, withoutDenial(rrs)) == nil {
			t.Errorf("%s: ldns-verify-zone misses no NSEC or NSEC3", z.Name)
		}
	}
	t.Logf("ldns-verify-zone: %d zones", zones)
}

// wellSigned writes a zone in the form that ldns, too, reads as it is meant, and has it verified.
func wellSigned(dir, name string, rrs []dns.RR) error {
	z := Zone{Records: rrs, File: filepath.Join(dir, name+"zone")}
	if err := z.rewriteNeutral(); err != nil {
		return err
	}
	_, err := run(dir, "ldns-verify-zone", "-V", "2", z.File)
	return err
}

// withoutDenial leaves out the first NSEC or NSEC3 record.
func withoutDenial(rrs []dns.RR) []dns.RR {
	for i, rr := range rrs {
		if t := rr.Header().Rrtype; t == dns.TypeNSEC || t == dns.TypeNSEC3 {
			return append(rrs[:i:i], rrs[i+1:]...)
		}
	}
	return rrs
}
