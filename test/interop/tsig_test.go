package interop_test

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
)

// newKey makes a key for any algorithm.
func newKey(name, algorithm string) *peer.Key {
	secret := make([]byte, 64)
	rand.Read(secret) // never fails
	return &peer.Key{Name: name, Algorithm: algorithm, Secret: base64.StdEncoding.EncodeToString(secret)}
}

func TestTransfersAndNOTIFYAreSigned(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"hmac-sha256", "hmac-sha512"} {
		t.Run(algorithm, func(t *testing.T) {
			eachKind(t, func(t *testing.T, kind peer.Kind) {
				key := newKey("transfer.Key.", algorithm)
				w := plan{
					kind: kind, zone: peer.Zone{Text: varied(1)}, key: key,
					properties: []string{"notify allow 127.0.0.1 key " + key.Name, "notify deny *"},
				}.start(t)
				before := w.now(t)
				w.change(t, varied(2))
				w.wantOnlyIXFR(t, before)
				w.wantEqual(t)
				if m := ask.Notify(t, w.ours.Addr(), zone, 3, nil); m.Rcode != dns.RcodeRefused {
					t.Errorf("an unsigned NOTIFY is answered %s", dns.RcodeToString[m.Rcode])
				}
			})
		})
	}
}

func TestAWrongSecretBringsNothingAndTheLastGoodZoneGoesOn(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, kind peer.Kind) {
		right, wrong := newKey("shared.", "hmac-sha256"), newKey("shared.", "hmac-sha256")
		w := plan{
			kind: kind, zone: peer.Zone{Text: varied(1)}, key: right,
			properties: []string{"refresh 1s 1s", "retry 1s 1s"},
		}.start(t)
		before := w.now(t)
		w.keys = []*peer.Key{wrong}
		w.ours.Reload(t, w.corefile(w.primary.Addr()))
		w.primary.SetZone(t, zone, varied(2))
		w.primary.WaitServing(t, zone, 2)
		w.ours.WaitMetricThat(t, "metrics", "coredns_secondaryplus_refreshes_total", "at least 2",
			func(v float64) bool { return v >= 2 }, "zone="+zone, "result=failed")
		w.ours.WaitLogFrom(t, before.ownLogged, `refresh failed.* TSIG.*BAD(SIG|KEY)`)
		ask.WaitSerial(t, w.ours.Addr(), zone, 1)
		if !answers(t, w.ours, "www."+zone) {
			t.Error("the last good zone is not answered from")
		}

		w.keys = []*peer.Key{right}
		w.ours.Reload(t, w.corefile(w.primary.Addr()))
		ask.WaitSerial(t, w.ours.Addr(), zone, 2)
		w.wantEqual(t)
	})
}

func TestAWrongSecretAtTheFirstStartLeavesTheZoneEmpty(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, kind peer.Kind) {
		right, wrong := newKey("shared.", "hmac-sha512"), newKey("shared.", "hmac-sha512")
		w := plan{kind: kind, zone: peer.Zone{Text: varied(1)}, key: right, keys: []*peer.Key{wrong}}.prepare(t)
		w.ours.Restart(t)
		w.ours.WaitLog(t, fmt.Sprintf(`%s: refresh failed.*%s.*TSIG.*BAD(SIG|KEY)`, zone, w.primary.Addr()))
		m := ask.Ask(t, w.ours.Addr(), zone, dns.TypeSOA, ask.DO())
		wantFailure(t, m, dns.ExtendedErrorCodeNotReady)
	})
}

// wantFailure checks for SERVFAIL with an extended error (RFC 8914).
func wantFailure(t *testing.T, m *dns.Msg, code uint16) {
	t.Helper()
	codes := ask.ExtendedErrors(m)
	if m.Rcode != dns.RcodeServerFailure || len(codes) != 1 || codes[0] != code {
		t.Errorf("%s with extended errors %v, want SERVFAIL with %d", dns.RcodeToString[m.Rcode], codes, code)
	}
}
