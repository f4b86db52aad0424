package xfr

import (
	"encoding/binary"
	"encoding/hex"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// What Signer signs must satisfy our own verifier and that of miekg/dns, message after message.
func TestASignedReplyIsVerified(t *testing.T) {
	const secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0IQ=="
	now := time.Now()
	for algorithm := range algorithms {
		key, err := NewKey("Transfer.Key.", algorithm, secret)
		if err != nil {
			t.Fatal(err)
		}
		query, verifier := key.Sign(appendQuery(nil, Query{ID: 7, Apex: owner.MustParse("example."), Type: dns.TypeAXFR}, nil), now)
		signed, err := findTSIG(query)
		if err != nil {
			t.Fatal(err)
		}
		prior := hex.EncodeToString(signed.mac)
		signer := key.Signer(signed.mac)
		for n := range 3 {
			plain := []byte{0, 7, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0}
			msg := signer.Sign(plain, now)
			if len(msg) != len(plain)+signer.Octets() || binary.BigEndian.Uint16(msg[10:]) != 1 {
				t.Fatalf("%s: a message of %d octets with %d additional records", algorithm, len(msg), msg[11])
			}
			if err := dns.TsigVerify(append([]byte(nil), msg...), secret, prior, n > 0); err != nil {
				t.Errorf("%s: message %d: miekg/dns says %v", algorithm, n, err)
			}
			rr, err := findTSIG(msg)
			if err != nil {
				t.Fatal(err)
			}
			prior = hex.EncodeToString(rr.mac)
			if _, err := verifier.Verify(msg, now); err != nil {
				t.Errorf("%s: message %d: %v", algorithm, n, err)
			}
		}
		if err := verifier.Close(); err != nil {
			t.Errorf("%s: %v", algorithm, err)
		}
	}
}
