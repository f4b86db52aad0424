package interop_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/understudy"
)

func TestDenialValidatesAfterResaltingByIXFR(t *testing.T) {
	t.Parallel()
	w := plan{kind: peer.Knot, zone: peer.Zone{
		Text:    hosts(zone, 1, 60),
		Signing: &peer.Signing{NSEC3: true, SaltLength: 8, Iterations: 1},
	}}.start(t)
	salts := []string{wantNameDenied(t, w.ours)}
	for _, salt := range []string{"c0ffee", "0123456789abcdef", "-"} {
		before, serial := w.now(t), w.primary.Serial(t, zone)
		keymgr(t, w.primary, zone, "nsec3-salt", salt)
		w.primary.Control(t, "zone-sign", zone)
		ask.Until(t, "knotd serves the zone with its new salt", func() error {
			n, err := ask.Serial(w.primary.Addr(), zone)
			if err == nil && n == serial {
				err = errors.New("the serial is what it was")
			}
			return err
		})
		w.waitEqualSerial(t)
		w.wantOnlyIXFR(t, before)
		w.wantEqual(t)
		salts = append(salts, wantNameDenied(t, w.ours))
	}
	slices.Sort(salts)
	if n := len(slices.Compact(salts)); n != 4 {
		t.Errorf("the salts of the proofs were %q", salts)
	}
}

// wantNameDenied checks that ours proves that a name does not exist (RFC 5155
// §8.4) and that all of the proof is signed, and returns the salt.
func wantNameDenied(t *testing.T, s *understudy.Server) (salt string) {
	t.Helper()
	keys := ask.Ask(t, s.Addr(), zone, dns.TypeDNSKEY, ask.TCP(), ask.DO())
	m := ask.Ask(t, s.Addr(), "no.such."+zone, dns.TypeA, ask.TCP(), ask.DO())
	if m.Rcode != dns.RcodeNameError {
		t.Errorf("the rcode is %s", dns.RcodeToString[m.Rcode])
	}
	chain := ofType[*dns.NSEC3](m.Ns)
	for what, proves := range map[string]func(*dns.NSEC3) bool{
		"the closest encloser":              func(n *dns.NSEC3) bool { return n.Match(zone) },
		"that the next closer name is none": func(n *dns.NSEC3) bool { return n.Cover("such." + zone) },
		"that there is no wildcard":         func(n *dns.NSEC3) bool { return n.Cover("*." + zone) },
	} {
		if !slices.ContainsFunc(chain, proves) {
			t.Errorf("no NSEC3 record proves %s: %v", what, m.Ns)
		}
	}
	for _, n := range chain {
		if err := verify(n, m.Ns, keys.Answer); err != nil {
			t.Errorf("%v: %v", n, err)
		}
	}
	if len(chain) == 0 {
		t.Fatalf("no NSEC3 record: %v", m)
	}
	return chain[0].Salt
}

// verify looks for a signature of a lone record that is good now.
func verify(rr dns.RR, section, keys []dns.RR) error {
	for _, sig := range ofType[*dns.RRSIG](section) {
		if sig.TypeCovered != rr.Header().Rrtype || !dns.IsSubDomain(sig.Hdr.Name, rr.Header().Name) || !dns.IsSubDomain(rr.Header().Name, sig.Hdr.Name) {
			continue
		}
		for _, key := range ofType[*dns.DNSKEY](keys) {
			if key.KeyTag() == sig.KeyTag && sig.ValidityPeriod(time.Now()) && sig.Verify(key, []dns.RR{rr}) == nil {
				return nil
			}
		}
	}
	return errors.New("no good signature")
}

func ofType[T dns.RR](rrs []dns.RR) (list []T) {
	for _, rr := range rrs {
		if x, ok := rr.(T); ok {
			list = append(list, x)
		}
	}
	return list
}
