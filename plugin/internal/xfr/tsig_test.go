package xfr

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

const testSecret = "c2VjcmV0IG9mIHRoZSB0ZXN0cyE="

var testNow = time.Unix(1_800_000_000, 0)

func testKey(t testing.TB, algorithm string) *Key {
	t.Helper()
	k, err := NewKey("Transfer.Key", algorithm, testSecret)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// signed is a query and the verifier of its replies.
func signed(t testing.TB, k *Key) (query []byte, v *Verifier) {
	t.Helper()
	return k.Sign(appendQuery(nil, Query{ID: testID, Apex: apex, Type: dns.TypeAXFR}, nil), testNow)
}

func macOf(t testing.TB, msg []byte) []byte {
	t.Helper()
	found, err := findTSIG(msg)
	if err != nil || found == nil {
		t.Fatalf("TSIG %v, %v", found, err)
	}
	return bytes.Clone(found.mac)
}

// TestTSIGAgreesWithMiekg: 66; miekg/dns checks our query, and we check its reply.
func TestTSIGAgreesWithMiekg(t *testing.T) {
	for algorithm := range algorithms {
		t.Run(algorithm, func(t *testing.T) {
			query, v := signed(t, testKey(t, algorithm))
			if err := dns.TsigVerify(bytes.Clone(query), testSecret, "", false); err != nil && !errors.Is(err, dns.ErrTime) {
				t.Fatal(err)
			}
			m := replyMsg(t, testID, dns.TypeAXFR, "SOA 5", "NS", "SOA 5")
			plain := pack(t, m)
			m.SetTsig("transfer.key.", algorithm, fudge, testNow.Unix())
			wire, _, err := dns.TsigGenerate(m, testSecret, hex.EncodeToString(macOf(t, query)), false)
			if err != nil {
				t.Fatal(err)
			}
			binary.BigEndian.PutUint16(wire, 1) // as a forwarder would: only the original ID is signed
			got, err := v.Verify(wire, testNow)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, plain) {
				t.Errorf("%x\nwant %x", got, plain)
			}
			if err := v.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A signer is a primary's side of RFC 8945 §5.3.1, written apart from the code under test.
type signer struct {
	key     *Key
	prior   []byte
	pending []byte // unsigned messages since
	later   bool
	at      time.Time
	code    uint16
	other   []byte
	size    int // octets of MAC; 0: all, -1: none
}

func newSigner(t testing.TB, k *Key, query []byte) *signer {
	return &signer{key: k, prior: macOf(t, query), at: testNow}
}

func (s *signer) sign(msg []byte) []byte {
	secret, _ := base64.StdEncoding.DecodeString(testSecret)
	h := hmac.New(sha256.New, secret)
	h.Write(binary.BigEndian.AppendUint16(nil, uint16(len(s.prior))))
	h.Write(s.prior)
	h.Write(s.pending)
	h.Write(msg)
	t := tsig{
		key: s.key.Name, algorithm: s.key.algorithm, timeSigned: uint64(s.at.Unix()), fudge: fudge,
		originalID: binary.BigEndian.Uint16(msg), errorCode: s.code, other: s.other,
	}
	if s.later {
		h.Write(appendTimers(nil, t.timeSigned, t.fudge))
	} else {
		h.Write(t.appendVariables(nil))
	}
	t.mac = h.Sum(nil)
	if s.size != 0 {
		t.mac = t.mac[:max(s.size, 0)]
	}
	s.prior, s.pending, s.later = t.mac, nil, true
	return t.append(bytes.Clone(msg))
}

func (s *signer) skip(msg []byte) []byte {
	s.pending = append(s.pending, msg...)
	return bytes.Clone(msg)
}

// signedStream verifies a reply of n messages of which those are signed that the function says.
func signedStream(t *testing.T, n int, isSigned func(int) bool, tamper func(int, []byte)) error {
	t.Helper()
	k := testKey(t, "")
	query, v := signed(t, k)
	s := newSigner(t, k, query)
	for i := range n {
		msg := pack(t, replyMsg(t, testID, dns.TypeAXFR, fmt.Sprintf("a%d A 192.0.2.1", i)))
		if isSigned(i) {
			msg = s.sign(msg)
		} else {
			msg = s.skip(msg)
		}
		if tamper != nil {
			tamper(i, msg)
		}
		if _, err := v.Verify(msg, testNow); err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
	}
	return v.Close()
}

func TestStreams(t *testing.T) {
	last := func(n int) func(int) bool { return func(i int) bool { return i == 0 || i == n-1 } }
	flip := func(at int) func(int, []byte) {
		return func(i int, msg []byte) {
			if i == at {
				msg[headerLen+2] ^= 0x20
			}
		}
	}
	for _, c := range []struct {
		name     string
		n        int
		isSigned func(int) bool
		tamper   func(int, []byte)
		err      string
	}{
		{"every message signed", 5, func(int) bool { return true }, nil, ""},
		{"68 drill 12: the first, every 100th and the last", 301, func(i int) bool { return i%100 == 0 }, nil, ""},
		{"68 99 unsigned between", 101, last(101), nil, ""},
		{"68 100 unsigned in a row", 102, last(102), nil, "message 100: TSIG: 100 unsigned messages in a row"},
		{"68 the last one unsigned", 3, func(i int) bool { return i < 2 }, nil, "the last message is not signed"},
		{"68 the first one unsigned", 2, func(i int) bool { return i == 1 }, nil, "message 0: TSIG: an unsigned reply"},
		{"69 an unsigned message altered", 5, last(5), flip(2), "message 4: TSIG: the MAC of the reply is wrong (BADSIG)"},
		{"69 a signed message altered", 5, last(5), flip(4), "message 4: TSIG: the MAC of the reply is wrong (BADSIG)"},
		{"tsig_badsig: the first message altered", 1, last(1), flip(0), "message 0: TSIG: the MAC of the reply is wrong"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := signedStream(t, c.n, c.isSigned, c.tamper)
			if c.err == "" && err != nil {
				t.Fatal(err)
			}
			if c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err) || !errors.Is(err, ErrTSIG)) {
				t.Fatalf("error %v, want %q", err, c.err)
			}
		})
	}
}

// replyCases are single signed replies; change works on the signer before it signs.
var replyCases = []struct {
	name   string
	change func(*signer)
	code   uint16
	err    string
}{
	{"a MAC of half the hash is accepted", func(s *signer) { s.size = 16 }, 0, ""},
	{"a MAC of less than half the hash is refused", func(s *signer) { s.size = 15 }, dns.RcodeBadTrunc, "illegal length"},
	{"an empty MAC is refused", func(s *signer) { s.size = -1 }, dns.RcodeBadTrunc, "illegal length"},
	{"67 another key", func(s *signer) { s.key = mustKey("other.", "") }, dns.RcodeBadKey, "signed with the key other."},
	{"67 another algorithm", func(s *signer) { s.key = mustKey("transfer.key.", "hmac-sha512") },
		dns.RcodeBadKey, "signed with hmac-sha512."},
	{"300 s ahead is within the fudge", func(s *signer) { s.at = testNow.Add(300 * time.Second) }, 0, ""},
	{"drill 10: 301 s ahead", func(s *signer) { s.at = testNow.Add(301 * time.Second) },
		dns.RcodeBadTime, "(BADTIME), its clock is +301 s from ours"},
	{"drill 10: 301 s behind", func(s *signer) { s.at = testNow.Add(-301 * time.Second) },
		dns.RcodeBadTime, "(BADTIME), its clock is -301 s from ours"},
	{"drill 10: the primary says BADTIME", func(s *signer) {
		s.code, s.other = dns.RcodeBadTime, appendTimers(nil, uint64(testNow.Unix()-400), 0)[:6]
	}, dns.RcodeBadTime, "(BADTIME from the primary), its clock is -400 s from ours"},
	{"67 the primary says BADKEY, unsigned", func(s *signer) { s.code, s.size = dns.RcodeBadKey, -1 },
		dns.RcodeBadKey, "does not know the key transfer.key. (hmac-sha256) (BADKEY from the primary)"},
	{"67 drill 9: the primary says BADSIG, unsigned", func(s *signer) { s.code, s.size = dns.RcodeBadSig, -1 },
		dns.RcodeBadSig, "another secret for the key transfer.key. (hmac-sha256) (BADSIG from the primary)"},
	{"the primary says BADTRUNC", func(s *signer) { s.code = dns.RcodeBadTrunc }, dns.RcodeBadTrunc, "refuses the query"},
}

func mustKey(name, algorithm string) *Key {
	k, err := NewKey(name, algorithm, testSecret)
	if err != nil {
		panic(err)
	}
	return k
}

func TestReplies(t *testing.T) {
	for _, c := range replyCases {
		t.Run(c.name, func(t *testing.T) {
			k := testKey(t, "")
			query, v := signed(t, k)
			s := newSigner(t, k, query)
			c.change(s)
			wire := s.sign(pack(t, replyMsg(t, testID, dns.TypeAXFR, "SOA 5")))
			_, err := v.Verify(wire, testNow)
			if c.err == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var fault *TSIGError
			if !errors.As(err, &fault) || fault.Code != c.code || !strings.Contains(err.Error(), c.err) {
				t.Fatalf("error %v, want %q", err, c.err)
			}
			if Next(&Error{Op: OpIXFR, Err: err}) != NextPrimary {
				t.Error("an AXFR would meet the same key and clock")
			}
		})
	}
}

func TestDrill11AnUnsignedReplyToASignedQueryIsRefused(t *testing.T) {
	_, v := signed(t, testKey(t, ""))
	m := replyMsg(t, testID, dns.TypeAXFR)
	m.Rcode = dns.RcodeRefused
	_, err := v.Verify(pack(t, m), testNow)
	if !errors.Is(err, ErrTSIG) || !strings.Contains(err.Error(), "REFUSED") {
		t.Error(err)
	}
}

func TestASignedReplyToAnUnsignedQueryIsRefused(t *testing.T) {
	k := testKey(t, "")
	query, _ := signed(t, k)
	wire := newSigner(t, k, query).sign(pack(t, replyMsg(t, testID, dns.TypeAXFR, "SOA 5")))
	if _, err := new(Verifier).Verify(wire, testNow); !errors.Is(err, ErrTSIG) {
		t.Error(err)
	}
}

// TestAForgedAnswerDoesNotSpoilTheTrueOne: over UDP the next datagram may be right.
func TestAForgedAnswerDoesNotSpoilTheTrueOne(t *testing.T) {
	k := testKey(t, "")
	query, v := signed(t, k)
	good := newSigner(t, k, query).sign(pack(t, replyMsg(t, testID, dns.TypeSOA, "SOA 5")))
	forged := bytes.Clone(good)
	forged[headerLen] ^= 1
	if _, err := v.Verify(forged, testNow); err == nil {
		t.Fatal("accepted")
	}
	if _, err := v.Verify(good, testNow); err != nil {
		t.Error(err)
	}
}

func TestTSIGInAnotherPlaceIsMalformed(t *testing.T) {
	m := replyMsg(t, testID, dns.TypeAXFR, "SOA 5")
	m.SetTsig("k.", dns.HmacSHA256, fudge, testNow.Unix())
	m.SetEdns0(4096, false)
	if _, err := findTSIG(pack(t, m)); !errors.Is(err, ErrMalformed) {
		t.Error(err)
	}
}
