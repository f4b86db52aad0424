package oracle

import (
	"bytes"
	"slices"

	"github.com/miekg/dns"
)

// labels are the labels of a name from the root downwards, lower-cased and
// without escapes. The test has its own, so as not to trust what it tests.
type labels [][]byte

// labelsOf splits a name; nil if it is not one.
func labelsOf(name string) labels {
	var wire [256]byte
	end, err := dns.PackDomainName(name, wire[:], 0, nil, false)
	if err != nil {
		return nil
	}
	list := labels{}
	for at := 0; at < end && wire[at] != 0; at += int(wire[at]) + 1 {
		list = append(list, bytes.Clone(lowerASCII(wire[at+1:at+1+int(wire[at])])))
	}
	slices.Reverse(list)
	return list
}

func lowerASCII(b []byte) []byte {
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return b
}

// String is the absolute name in one fixed spelling.
func (l labels) String() string {
	wire := []byte{}
	for _, label := range slices.Backward(l) {
		wire = append(append(wire, byte(len(label))), label...)
	}
	name, _, err := dns.UnpackDomainName(append(wire, 0), 0)
	if err != nil {
		return "?"
	}
	return name
}

// compare orders names canonically (RFC 4034 section 6.1).
func (l labels) compare(m labels) int { return slices.CompareFunc(l, m, bytes.Compare) }

// common counts the labels that both share from the root.
func (l labels) common(m labels) int {
	n := 0
	for n < len(l) && n < len(m) && bytes.Equal(l[n], m[n]) {
		n++
	}
	return n
}

// under says whether l is m or below it.
func (l labels) under(m labels) bool { return l.common(m) == len(m) }

// below says whether l is below m.
func (l labels) below(m labels) bool { return l.under(m) && len(l) > len(m) }

// child is the name with one more label.
func (l labels) child(label string) labels { return append(slices.Clip(l), []byte(label)) }

func (l labels) equal(m labels) bool { return l.compare(m) == 0 }

// fold is a name in one fixed, lower-case spelling.
func fold(name string) string { return labelsOf(name).String() }
