package serialguard_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/peer/sign"
	"github.com/understudy-dns/understudy/test/understudy"
)

func in(hours int) time.Time { return time.Now().Add(time.Duration(hours) * time.Hour) }

const month = 30 * 24 // hours

// signedCase starts a primary with a signed zone, and ours.
func signedCase(t *testing.T, k *sign.Signer, until time.Time, guard ...string) (*peer.Server, *understudy.Server) {
	t.Helper()
	p := real(t, peer.Named, k.Sign(t, calm(1, 50), until))
	return p, startReal(t, 1, []*peer.Server{p}, append([]string{"mode enforce"}, guard...)...)
}

func TestRule14ASignedZoneIsSentUnsigned(t *testing.T) {
	t.Parallel()
	k := sign.New(t, zone)
	p, s := signedCase(t, k, in(month))
	load(t, p, s, 2, k.Sign(t, calm(2, 51), in(month)))
	ask.WaitSerial(t, s.Addr(), zone, 2)
	wantNoVerdict(t, s, "unsigned")
	load(t, p, s, 3, calm(3, 51))
	wantHeld(t, s, 3, 2, "unsigned", `unsigned \(hold\): `)
}

func TestRule18SignaturesThatHaveExpired(t *testing.T) {
	t.Parallel()
	k := sign.New(t, zone)
	p, s := signedCase(t, k, in(month))
	load(t, p, s, 2, k.Sign(t, calm(2, 51), in(30))) // thirty hours are enough
	ask.WaitSerial(t, s.Addr(), zone, 2)
	wantNoVerdict(t, s, "signatures")
	load(t, p, s, 3, k.Sign(t, calm(3, 51), in(20)))
	ask.WaitSerial(t, s.Addr(), zone, 3)
	s.WaitLog(t, `signatures \(warn\): has an RRSIG that expires at about`)
	load(t, p, s, 4, k.Sign(t, calm(4, 51), in(-5)))
	wantHeld(t, s, 4, 3, "signatures", `signatures \(hold\): has an RRSIG that expired at about`)
}

// What is served has signatures for a few days, what is held for a month: it is better than a zone that nobody can
// validate.
func TestDrill37AHeldZoneIsReleasedBeforeTheSignaturesOfWhatIsServedExpire(t *testing.T) {
	t.Parallel()
	k := sign.New(t, zone)
	// Statistics keep the moment in units of 4,096 seconds.
	until := time.Unix((in(90).Unix()/4096+1)*4096, 0)
	deadline := time.Until(until) - 6*time.Second
	p, s := signedCase(t, k, until, fmt.Sprintf("signature_deadline %s", deadline.Round(time.Millisecond)))
	load(t, p, s, 2, k.Sign(t, calm(2, 0), in(month)))
	wantHeld(t, s, 2, 1, "deletes", "")
	ask.WaitSerial(t, s.Addr(), zone, 2)
	s.WaitLog(t, `released: signatures of what is served expire at`)
	s.WaitMetric(t, "metrics", "coredns_serialguard_released_total", 1, "how=signatures")
}

// A zone whose signatures have expired, too, is not the better one.
func TestWhatIsHeldIsNotReleasedForTheSakeOfSignaturesThatHaveExpired(t *testing.T) {
	t.Parallel()
	k := sign.New(t, zone)
	p, s := signedCase(t, k, in(20), "signature_deadline 24h")
	load(t, p, s, 2, k.Sign(t, calm(2, 0), in(-5)))
	wantHeld(t, s, 2, 1, "deletes", "")
}

// Somebody signs a zone anew without another serial: validators need the new signatures.
func TestRule04ASignedZoneThatIsSignedAnewIsTransferredAgain(t *testing.T) {
	t.Parallel()
	k := sign.New(t, zone)
	p, s := signedCase(t, k, in(40), "audit 1s")
	load(t, p, s, 1, k.Sign(t, calm(1, 50), in(month)))
	s.WaitLog(t, `serial 1 \(was 1\) by axfr .*; but same-serial \(warn\): is signed anew at`)
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_transfers_total", 2, "kind=axfr", "result=succeeded")
	wantVerdict(t, s, "same-serial", "warn")
}
