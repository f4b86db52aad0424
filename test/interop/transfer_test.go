package interop_test

import (
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
)

func TestEveryRecordOfAVariedZoneComesByAXFR(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, kind peer.Kind) {
		// NSD 4.6 makes no differences of a zone with RDATA of length 0, so it is in this test only.
		w := plan{kind: kind, zone: peer.Zone{Text: varied(1) + "empty TYPE731 \\# 0\n"}}.start(t)
		w.wantEqual(t)
		w.primary.WaitTransfer(t, 0, zone, "AXFR")
		if n := transferred(t, w.ours, zone, "axfr"); n != 1 {
			t.Errorf("%d AXFRs are counted, want 1", n)
		}
		w.wantOwnerCase(t)
	})
}

// wantOwnerCase compares the spelling of an owner name with the primary's: it
// is kept (RFC 5936 §3.4), and a primary may change it.
func (w *pair) wantOwnerCase(t *testing.T) {
	t.Helper()
	spelling := func(addr string) (names []string) {
		rrs, err := ask.FetchAXFR(addr, zone, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, rr := range rrs {
			if dns.CanonicalName(rr.Header().Name) == "mixed.case.example.org." {
				names = append(names, rr.Header().Name)
			}
		}
		return names
	}
	theirs, ours := spelling(w.primary.Addr()), spelling(w.ours.Addr())
	if len(theirs) != 1 || len(ours) != 1 || theirs[0] != ours[0] {
		t.Errorf("the primary spells %q, ours %q", theirs, ours)
	}
}

func TestAChangeComesByIXFRAfterItsNOTIFY(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, kind peer.Kind) {
		w := plan{kind: kind, zone: peer.Zone{Text: varied(1)}}.start(t)
		before := w.now(t)
		w.change(t, varied(2))
		w.wantOnlyIXFR(t, before)
		w.wantEqual(t)
		n, _ := w.ours.Metrics(t, "metrics").Value("coredns_secondaryplus_notifies_total", "zone="+zone, "result=accepted")
		if n < 1 {
			t.Errorf("%v NOTIFYs are counted as accepted", n)
		}
	})
}

func TestChangesInARowChainUp(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, kind peer.Kind) {
		w := plan{kind: kind, zone: peer.Zone{Text: varied(1)}, quiet: true}.start(t)
		for serial := uint32(2); serial <= 5; serial++ {
			w.primary.SetZone(t, zone, varied(serial))
			w.primary.WaitServing(t, zone, serial)
		}
		before := w.now(t)
		w.notify(t)
		w.waitEqualSerial(t)
		w.wantOnlyIXFR(t, before)
		w.wantEqual(t)
		if now := w.now(t); now.ixfr != before.ixfr+1 {
			t.Errorf("%d IXFRs for four differences, want 1", now.ixfr-before.ixfr)
		}
	})
}

func TestWithIXFROffEveryChangeIsAWholeZone(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, kind peer.Kind) {
		w := plan{kind: kind, zone: peer.Zone{Text: varied(1)}, properties: []string{"ixfr off"}}.start(t)
		before := w.now(t)
		w.change(t, varied(2))
		w.primary.WaitTransfer(t, before.logged, zone, "AXFR")
		for _, x := range w.primary.TransfersSince(before.logged, zone) {
			if x.Style != "AXFR" {
				t.Errorf("the primary sent an %s: %s", x.Style, x.Line)
			}
		}
		w.ours.WaitLogFrom(t, before.ownLogged, `serial 2 \(was 1\) by axfr from `)
		w.wantEqual(t)
	})
}
