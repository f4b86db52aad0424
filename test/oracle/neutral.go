package oracle

import (
	"fmt"
	"os"
	"strings"

	"github.com/miekg/dns"
)

// rewriteNeutral writes the zone in a form that every master file parser reads
// alike: owner names with all but letters, digits and hyphens escaped by
// number, RDATA as RFC 3597 hexadecimal. The parsers differ in which
// punctuation they want escaped, and the signers in which they escape.
func (z *Zone) rewriteNeutral() error {
	var b strings.Builder
	wire := make([]byte, dns.MaxMsgSize)
	for _, rr := range z.Records {
		rdata, err := rdataOf(rr, wire)
		if err != nil {
			return err
		}
		h := rr.Header()
		owner, err := escapedByNumber(h.Name, wire[len(wire)-256:])
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s %d IN %s \\# %d %X\n", owner, h.Ttl, dns.Type(h.Rrtype), len(rdata), rdata)
	}
	z.File += ".neutral"
	return os.WriteFile(z.File, []byte(b.String()), 0o644)
}

// rdataOf is the uncompressed RDATA of rr, in buf.
func rdataOf(rr dns.RR, buf []byte) ([]byte, error) {
	end, err := dns.PackRR(rr, buf, 0, nil, false)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", rr, err)
	}
	start, err := dns.PackDomainName(rr.Header().Name, buf[end:], 0, nil, false)
	if err != nil {
		return nil, err
	}
	const fixed = 10 // type, class, TTL, RDLENGTH
	return buf[start+fixed : end], nil
}

func escapedByNumber(name string, buf []byte) (string, error) {
	end, err := dns.PackDomainName(name, buf, 0, nil, false)
	if err != nil {
		return "", err
	}
	if end == 1 {
		return ".", nil
	}
	var b strings.Builder
	for at := 0; buf[at] != 0; at += int(buf[at]) + 1 {
		for _, c := range buf[at+1 : at+1+int(buf[at])] {
			if isPlain(c) {
				b.WriteByte(c)
			} else {
				fmt.Fprintf(&b, "\\%03d", c)
			}
		}
		b.WriteByte('.')
	}
	return b.String(), nil
}

func isPlain(c byte) bool {
	return c == '-' || c == '_' || c == '*' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
