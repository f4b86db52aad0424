// Package owner holds domain names in wire form and the sort keys that put owner names in the
// canonical order of RFC 4034 §6.1.
package owner

import (
	"bytes"
	"errors"
	"strings"

	"github.com/miekg/dns"
)

// Name is a domain name in uncompressed wire form (RFC 1035 §3.1), the root label included, its case kept.
type Name []byte

// Limits of RFC 1035 §2.3.4, in octets.
const (
	MaxName  = 255
	MaxLabel = 63
)

// ErrName says that octets are not a domain name.
var ErrName = errors.New("malformed domain name")

// Root is the name of the root zone.
var Root = Name{0}

// Parse turns presentation form (RFC 1035 §5.1) into a Name; the name is taken as fully qualified.
func Parse(s string) (Name, error) {
	var buf [MaxName + 1]byte
	n, err := dns.PackDomainName(dns.Fqdn(s), buf[:], 0, nil, false)
	if err != nil || n > MaxName {
		return nil, ErrName
	}
	return Name(buf[:n]).Clone(), nil
}

// MustParse is Parse for names that are constants of the program.
func MustParse(s string) Name {
	n, err := Parse(s)
	if err != nil {
		panic("owner: " + s)
	}
	return n
}

// String is the presentation form (RFC 1035 §5.1, RFC 4343 §2.1 escapes), with the final dot.
func (n Name) String() string {
	s, _, err := dns.UnpackDomainName(n, 0)
	if err != nil {
		return "?"
	}
	return s
}

// Len is the length of the name that starts at wire[0], or an error when there is none. A compression
// pointer is not a name.
func Len(wire []byte) (int, error) {
	for off := 0; off < len(wire); {
		l := int(wire[off])
		if l > MaxLabel {
			return 0, ErrName
		}
		off += 1 + l
		if l == 0 {
			if off > MaxName {
				return 0, ErrName
			}
			return off, nil
		}
	}
	return 0, ErrName
}

// Labels counts the labels, the root label not among them.
func (n Name) Labels() int {
	count := 0
	for off := 0; n[off] != 0; off += 1 + int(n[off]) {
		count++
	}
	return count
}

// Parent is the name without its first label. The root is its own parent.
func (n Name) Parent() Name {
	if n[0] == 0 {
		return n
	}
	return n[1+int(n[0]):]
}

// IsWildcard says whether the first label is a lone asterisk (RFC 4592 §2.1.1).
func (n Name) IsWildcard() bool { return n[0] == 1 && n[1] == '*' }

// Lower is ASCII lower case, which is all that DNS folds (RFC 4343 §3).
func Lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + ('a' - 'A')
	}
	return b
}

// HasUpper says whether the name has an upper-case ASCII letter. Length octets never look like one:
// they are at most 63, and 'A' is 65.
func (n Name) HasUpper() bool {
	for _, b := range n {
		if 'A' <= b && b <= 'Z' {
			return true
		}
	}
	return false
}

// AppendLower appends the name in lower case to dst.
func AppendLower(dst []byte, n Name) []byte {
	for _, b := range n {
		dst = append(dst, Lower(b))
	}
	return dst
}

// Equal compares two names, ignoring ASCII case.
func Equal(a, b Name) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && Lower(a[i]) != Lower(b[i]) {
			return false
		}
	}
	return true
}

// IsBelowOrEqual says whether n is apex or a name below it.
func (n Name) IsBelowOrEqual(apex Name) bool {
	for off := 0; len(n)-off >= len(apex); off += 1 + int(n[off]) {
		if len(n)-off == len(apex) {
			return Equal(n[off:], apex)
		}
	}
	return false
}

// Canonical is the lower-case presentation form that names a zone in maps, logs and metrics.
func (n Name) Canonical() string { return strings.ToLower(n.String()) }

// Clone is a copy that shares no memory.
func (n Name) Clone() Name { return Name(bytes.Clone(n)) }
