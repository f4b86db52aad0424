package nswatch

import (
	"crypto"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// A signer signs RRsets of the apex.
type signer struct {
	key     *dns.DNSKEY
	private crypto.Signer
}

func newSigner(t *testing.T) *signer {
	t.Helper()
	key := &dns.DNSKEY{
		Hdr:   dns.RR_Header{Name: apex, Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 60},
		Flags: dns.ZONE | dns.SEP, Protocol: 3, Algorithm: dns.ECDSAP256SHA256,
	}
	private, err := key.Generate(256)
	if err != nil {
		t.Fatal(err)
	}
	return &signer{key, private.(crypto.Signer)}
}

// signed are a zone's RRsets at a server, with signatures from and until a time.
func (s *signer) signed(t *testing.T, from, until time.Time) *Signed {
	t.Helper()
	out := &Signed{Keys: []*dns.DNSKEY{s.key}}
	for _, set := range [][]dns.RR{{s.key}, {rr(t, "example.org. 60 SOA n. h. 7 1 2 3 4")}, {rr(t, "example.org. 60 NS ns1.example.org.")}} {
		sig := &dns.RRSIG{
			Algorithm: s.key.Algorithm, KeyTag: s.key.KeyTag(), SignerName: apex,
			Inception: uint32(from.Unix()), Expiration: uint32(until.Unix()),
		}
		if err := sig.Sign(s.private, set); err != nil {
			t.Fatal(err)
		}
		out.Sets, out.Sigs = append(out.Sets, set), append(out.Sigs, sig)
	}
	return out
}

// resigned signs the DNSKEY RRset anew.
func resigned(t *testing.T, s *signer, of *Signed) {
	t.Helper()
	if err := of.Sigs[0].Sign(s.private, of.Sets[0]); err != nil {
		t.Fatal(err)
	}
}

func hours(n int) time.Time { return now.Add(time.Duration(n) * time.Hour) }

func TestSignatures(t *testing.T) {
	k, other := newSigner(t), newSigner(t)
	parent := func(ds ...*dns.DS) *Parent { return &Parent{Zone: "org.", DS: ds} }
	ours, theirs := k.key.ToDS(dns.SHA256), other.key.ToDS(dns.SHA256)
	good := k.signed(t, hours(-24), hours(24*30))
	without := k.signed(t, hours(-24), hours(24*30))
	without.Sigs = without.Sigs[:2]
	forged := k.signed(t, hours(-24), hours(24*30))
	forged.Sets[2] = []dns.RR{rr(t, "example.org. 60 NS evil.example.org.")}
	zsk := other.signed(t, hours(-24), hours(24*30)) // the key that the DS RRset names is there, and has signed nothing
	zsk.Keys, zsk.Sets[0] = append(zsk.Keys, k.key), append(zsk.Sets[0], k.key)
	resigned(t, other, zsk)
	for name, c := range map[string]struct {
		parent                *Parent
		signed                *Signed
		ds, invalid, expiring string
		critical              bool
	}{
		"good":                             {parent(ours), good, "", "", "", false},
		"one DS of two":                    {parent(theirs, ours), good, "", "", "", false},
		"an island":                        {parent(), good, "", "", "", false},
		"the parent was not asked":         {nil, good, "?", "", "", false},
		"unsigned":                         {parent(), new(Signed), "", "", "", false},
		"unsigned, and nobody knows more":  {nil, new(Signed), "?", "?", "?", false},
		"unsigned below a DS":              {parent(ours), new(Signed), "matches no DNSKEY at ns1", "no DNSKEY matches", "", false},
		"a DS without its DNSKEY":          {parent(theirs), good, "matches no DNSKEY at ns1.example.org. (192.0.2.1:53)", "no DNSKEY matches", "", false},
		"an RRset without signature":       {parent(ours), without, "", "the NS RRset: there is no RRSIG", "", false},
		"an RRset that was changed":        {parent(ours), forged, "", "the NS RRset: no RRSIG is made by a key that counts", "", false},
		"keys that another one has signed": {parent(ours), zsk, "", "the DNSKEY RRset: no RRSIG is made by a key that counts", "", false},
		"less than three days":             {parent(ours), k.signed(t, hours(-24*60), hours(71)), "", "", "expire at 2026-11-30T11:00:00Z", false},
		"more than three days":             {parent(ours), k.signed(t, hours(-24*60), hours(73)), "", "", "", false},
		"less than one day":                {parent(ours), k.signed(t, hours(-24*60), hours(23)), "", "", "expire at", true},
		"over":                             {parent(ours), k.signed(t, hours(-24*60), hours(-1)), "", "has expired", "expired at", true},
		"not yet":                          {parent(ours), k.signed(t, hours(1), hours(24*30)), "", "does not hold yet", "", false},
		"a quarter of twelve hours is not": {parent(ours), k.signed(t, hours(-8), hours(4)), "", "", "", false},
		"less than that":                   {parent(ours), k.signed(t, hours(-10), hours(2)), "", "", "expire at", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := says(first, 7)
			s.Signed = c.signed
			r := round(s)
			r.Parent = c.parent
			out := judged(r)
			want(t, out, Subject{Kind: Delegation, What: DS}, c.ds)
			want(t, out, Subject{Kind: Invalid, Server: first}, c.invalid)
			at := Subject{Kind: Expiring, Server: first}
			want(t, out, at, c.expiring)
			if len(c.expiring) > 1 && critical(t, out, at) != c.critical {
				t.Error("critical is", !c.critical)
			}
		})
	}
}

// A server that cannot be asked may have the key, or not.
func TestADSIsInOrderOnlyIfEveryServerWasAsked(t *testing.T) {
	k := newSigner(t)
	s := says(first, 7)
	s.Signed = k.signed(t, hours(-24), hours(24*30))
	r := round(s, Seen{Server: second, UDP: errBroken, TCP: errBroken})
	r.Parent = &Parent{Zone: "org.", DS: []*dns.DS{k.key.ToDS(dns.SHA256)}}
	out := judged(r)
	want(t, out, Subject{Kind: Delegation, What: DS}, "?")
	want(t, out, Subject{Kind: Invalid, Server: first}, "")
	want(t, out, Subject{Kind: Invalid, Server: second}, "?")
}

// The times are 32 bits, and those of the year 2106 begin anew.
func TestTheTimesOfSignaturesWrap(t *testing.T) {
	at := time.Unix(1<<32-100, 0)
	if got := moment(50, at); got.Sub(at) != 150*time.Second {
		t.Error(got.Sub(at))
	}
}
