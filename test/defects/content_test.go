package defects_test

import (
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
)

func TestD03AZoneWithoutApexNSIsRefused(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]primary.Fault{
		"two SOA records and nothing else": primary.OnlySOAs(),
		"all but the apex NS RRset":        primary.NoNS(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantRefused(t, fault)
		})
	}
}

func TestD04AnotherZonesDataIsRefused(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]primary.Fault{
		"the SOA has another owner name": primary.OtherOwner(),
		"all records are another zone's": primary.Custom("all_elsewhere", elsewhere),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, s := wantRefused(t, fault)
			s.WaitLog(t, `refresh failed.*(other-owner\.|elsewhere\.example)`)
		})
	}
}

// elsewhere moves every record into another zone.
func elsewhere(r *primary.Reply) {
	for i, rr := range r.Records {
		r.Records[i] = dns.Copy(rr)
		r.Records[i].Header().Name = "elsewhere.example."
	}
}

func TestD05ATransferEndsWithTheSOAThatItBeganWith(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string][]primary.Fault{
		"the final SOA has another serial":         {primary.OtherFinalSOA()},
		"another SOA in the middle ends a message": {primary.MidSOAOther(), primary.SOAEndsMessage()},
		"an SOA below the apex ends a message":     {primary.SOABelowApex(), primary.SOAEndsMessage()},
		"the final SOA is missing":                 {primary.NoFinalSOA(), primary.CloseAfter(1)},
		"the first SOA is missing":                 {primary.NoFirstSOA()},
		"the connection ends after half":           {primary.RecordsPerMessage(10), primary.CloseAfter(4)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantRefused(t, faults...)
		})
	}
}

func TestD13RDATAIsKeptByteForByte(t *testing.T) {
	t.Parallel()
	const rr = "web 300 HTTPS 1 TaRgEt.Example.NET. alpn=h2"
	key, sig := sign(t, "WeB."+zone+rr[3:])
	_, s := start(t, calm(1, 3)+"WeB"+rr[3:]+"\n"+sig.String()+"\nsvc 300 SVCB 1 OTHER.example.net.\n")
	m := ask.Ask(t, s.Addr(), "web."+zone, dns.TypeHTTPS, ask.DO())
	if len(m.Answer) != 2 {
		t.Fatalf("the answer is %v", m)
	}
	https, ok := m.Answer[0].(*dns.HTTPS)
	if !ok || https.Target != "TaRgEt.Example.NET." {
		t.Errorf("the record is %v", m.Answer[0])
	}
	if err := m.Answer[1].(*dns.RRSIG).Verify(key, m.Answer[:1]); err != nil {
		t.Errorf("the signature is bogus: %v", err)
	}
	if m = ask.Ask(t, s.Addr(), "svc."+zone, dns.TypeSVCB); m.Answer[0].(*dns.SVCB).Target != "OTHER.example.net." {
		t.Errorf("the record is %v", m.Answer[0])
	}
	rrs, err := ask.FetchAXFR(s.Addr(), zone, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, rr := range rrs {
		if rr.Header().Rrtype == dns.TypeHTTPS && rr.Header().Name != "WeB."+zone {
			t.Errorf("the owner name became %s", rr.Header().Name)
		}
	}
}
