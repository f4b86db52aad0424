package primary

import (
	"encoding/base64"
	"fmt"

	"github.com/miekg/dns"
)

// signing is a fault of signatures; it does nothing to an unsigned reply.
func signing(name string, change func(r *Reply, s *Signing)) Fault {
	return Fault{name, func(r *Reply) {
		if r.Signing != nil {
			s := *r.Signing
			r.Signing = &s
			change(r, &s)
		}
	}}
}

// Unsigned answers a signed query without a signature.
func Unsigned() Fault { return Fault{"unsigned", func(r *Reply) { r.Signing = nil }} }

// BadMAC signs with a secret that is not the key's.
func BadMAC() Fault {
	return signing("bad_mac", func(_ *Reply, s *Signing) {
		s.Key.Secret = base64.StdEncoding.EncodeToString([]byte("some other secret of 32 bytes..."))
	})
}

// Skew signs with a clock that is off by some seconds.
func Skew(seconds int) Fault {
	return signing(fmt.Sprintf("skew=%d", seconds), func(_ *Reply, s *Signing) { s.Skew = int64(seconds) })
}

// SignEvery signs the first, every n-th and the last message. With 100 there
// are 99 unsigned ones in a row, which is allowed; with 101 there are 100.
func SignEvery(n int) Fault {
	return signing(fmt.Sprintf("sign_every=%d", n), func(_ *Reply, s *Signing) {
		s.Skip = func(m *Message) bool { return m.Index%n != 0 && !m.Last }
	})
}

// SignFirst signs the first message only.
func SignFirst() Fault {
	return signing("sign_first", func(_ *Reply, s *Signing) { s.Skip = func(m *Message) bool { return m.Index > 0 } })
}

// SignLast signs the last message only.
func SignLast() Fault {
	return signing("sign_last", func(_ *Reply, s *Signing) { s.Skip = func(m *Message) bool { return !m.Last } })
}

// SignFirstAndLast leaves all in between unsigned.
func SignFirstAndLast() Fault {
	return signing("sign_first_last", func(_ *Reply, s *Signing) {
		s.Skip = func(m *Message) bool { return m.Index > 0 && !m.Last }
	})
}

// Altered changes the RDATA of message n (from 0) after it was signed, or
// counted as an unsigned one. The last byte of the first TTL is hit, so that
// the message stays well-formed.
func Altered(n int) Fault {
	return Fault{fmt.Sprintf("altered=%d", n), func(r *Reply) {
		r.OnSigned = append(r.OnSigned, func(m *Message, raw []byte) []byte {
			if m.Index != n {
				return raw
			}
			if at, ok := firstTTL(raw, len(m.Question)); ok {
				raw = append([]byte(nil), raw...)
				raw[at+3] ^= 1
			}
			return raw
		})
	}}
}

// firstTTL is where the TTL of the first record is.
func firstTTL(raw []byte, questions int) (int, bool) {
	off := 12
	for range questions {
		_, n, err := dns.UnpackDomainName(raw, off)
		if err != nil {
			return 0, false
		}
		off = n + 4
	}
	_, n, err := dns.UnpackDomainName(raw, off)
	return n + 4, err == nil && n+8 <= len(raw)
}

// BadSig answers as a server that found the query's MAC wrong.
func BadSig() Fault { return tsigError(dns.RcodeBadSig) }

// BadKey answers as a server that does not know the key.
func BadKey() Fault { return tsigError(dns.RcodeBadKey) }

// BadTime answers as a server whose clock is off by some seconds.
func BadTime(seconds int) Fault {
	f := tsigError(dns.RcodeBadTime)
	return Fault{fmt.Sprintf("badtime=%d", seconds), func(r *Reply) {
		f.apply(r)
		if r.Signing != nil {
			r.Signing.Skew = int64(seconds)
		}
	}}
}

// tsigError answers NOTAUTH with a TSIG error. Only BADTIME is signed.
func tsigError(code int) Fault {
	return Fault{map[int]string{dns.RcodeBadSig: "badsig", dns.RcodeBadKey: "badkey", dns.RcodeBadTime: "badtime"}[code], func(r *Reply) {
		Notauth().apply(r)
		if r.Query.Key == "" {
			return // without a TSIG record in the query there is none in the answer
		}
		s := Signing{Error: uint16(code), Bare: code != dns.RcodeBadTime}
		if r.Signing != nil {
			s.Key = r.Signing.Key
		}
		r.Signing = &s
	}}
}
