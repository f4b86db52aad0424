package defects_test

import (
	"crypto"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// sign signs one record with a new key.
func sign(t *testing.T, text string) (*dns.DNSKEY, *dns.RRSIG) {
	t.Helper()
	rr, err := dns.NewRR(text)
	if err != nil {
		t.Fatal(err)
	}
	key := &dns.DNSKEY{
		Hdr:   dns.RR_Header{Name: zone, Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 300},
		Flags: dns.ZONE, Protocol: 3, Algorithm: dns.ECDSAP256SHA256,
	}
	private, err := key.Generate(256)
	if err != nil {
		t.Fatal(err)
	}
	sig := &dns.RRSIG{
		Algorithm: key.Algorithm, KeyTag: key.KeyTag(), SignerName: zone,
		Inception: uint32(time.Now().Add(-time.Hour).Unix()), Expiration: uint32(time.Now().Add(time.Hour).Unix()),
	}
	if err := sig.Sign(private.(crypto.Signer), []dns.RR{rr}); err != nil {
		t.Fatal(err)
	}
	return key, sig
}
