package oracle

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/miekg/dns"
)

// Denial is how a zone proves that something does not exist.
type Denial byte

// The variants in which every master file is served; the letter is part of
// the zone's name, so that origins of all variants are equally long.
const (
	Unsigned Denial = 'p'
	NSEC     Denial = 'n'
	NSEC3    Denial = 's'
	NSEC3It  Denial = 'i' // with a salt and a few iterations
	OptOut   Denial = 'o'
)

// Source is a zone before it is signed.
type Source struct {
	Origin string
	Denial Denial
	Text   string // master file
	// Transferred zones hold what BIND or NSD refuse in a master file and
	// accept from a primary: those two fetch them from Knot.
	Transferred bool
	// Neutral zones hold names that the parsers of the four read differently.
	Neutral bool
	// Without names a peer that cannot serve the zone.
	Without string
	// Unprovable zones hold what no answer can prove.
	Unprovable bool
}

// Zone is what every server serves.
type Zone struct {
	Name        string // absolute, lower case
	Denial      Denial
	File        string
	Transferred bool
	Without     string
	Unprovable  bool
	Records     []dns.RR
	Keys        []*dns.DNSKEY
	rdata       map[string]bool     // type and RDATA, as spelt
	foldedRdata map[string]bool     // and in lower case
	addresses   map[string][]string // A and AAAA as text, by folded owner
	names       map[string]bool     // what exists, folded; false for an empty non-terminal
	owners      map[string]bool     // owner names as spelt
}

// Signed says whether answers from the zone can be validated.
func (z *Zone) Signed() bool { return z.Denial != Unsigned }

// Build writes the master file of s below dir, signs it if asked, and reads
// back what is to be served.
func Build(dir string, s Source) (*Zone, error) {
	stem := strings.TrimSuffix(s.Origin, ".")
	if stem == "" {
		stem = "root"
	}
	file := filepath.Join(dir, stem+".zone")
	text := "$ORIGIN " + s.Origin + "\n" + s.Text
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return nil, err
	}
	if s.Denial != Unsigned {
		signed, err := sign(dir, stem, file, s)
		if err != nil {
			return nil, err
		}
		file = signed
	}
	z := &Zone{
		Name: strings.ToLower(s.Origin), Denial: s.Denial, File: file,
		Transferred: s.Transferred, Without: s.Without, Unprovable: s.Unprovable,
	}
	if err := z.read(); err != nil {
		return nil, err
	}
	if s.Neutral {
		return z, z.rewriteNeutral()
	}
	return z, nil
}

// read parses the served file.
func (z *Zone) read() error {
	f, err := os.Open(z.File)
	if err != nil {
		return err
	}
	defer f.Close()
	z.forget()
	p := dns.NewZoneParser(f, z.Name, z.File)
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		if rr, err = fromWire(rr); err != nil {
			return err
		}
		z.Records = append(z.Records, rr)
		z.remember(rr)
		if k, isKey := rr.(*dns.DNSKEY); isKey && strings.EqualFold(k.Hdr.Name, z.Name) {
			z.Keys = append(z.Keys, k)
		}
	}
	return p.Err()
}

// fromWire is the record as a reply would bring it: the parser keeps the text
// of hexadecimal and base64 as it was written.
func fromWire(rr dns.RR) (dns.RR, error) {
	wire := make([]byte, dns.MaxMsgSize)
	end, err := dns.PackRR(rr, wire, 0, nil, false)
	if err != nil {
		return nil, err
	}
	again, _, err := dns.UnpackRR(wire[:end], 0)
	return again, err
}

// forget empties what remember fills.
func (z *Zone) forget() {
	z.rdata, z.foldedRdata = map[string]bool{}, map[string]bool{}
	z.addresses, z.names, z.owners = map[string][]string{}, map[string]bool{}, map[string]bool{}
}

// exists says whether the zone has the name, be it as an empty non-terminal.
func (z *Zone) exists(l labels) bool {
	_, found := z.names[l.String()]
	return found
}

// emptyWildcard says that the wildcard of a name that does not exist is an
// empty non-terminal.
func (z *Zone) emptyWildcard(l labels) bool {
	if z.exists(l) {
		return false
	}
	for apex := labelsOf(z.Name); l.below(apex) && !z.exists(l); {
		l = l[:len(l)-1]
	}
	wildcard := l.child("*")
	return z.exists(wildcard) && !z.names[wildcard.String()]
}

// remember indexes a record for what is looked up in answers.
func (z *Zone) remember(rr dns.RR) {
	z.owners[rr.Header().Name] = true
	if !isNSEC3(rr) {
		apex := labelsOf(z.Name)
		for l := labelsOf(rr.Header().Name); l.below(apex) && !z.exists(l); l = l[:len(l)-1] {
			z.names[l.String()] = false
		}
		z.names[fold(rr.Header().Name)] = true
	}
	if t := rr.Header().Rrtype; t == dns.TypeA || t == dns.TypeAAAA {
		owner := fold(rr.Header().Name)
		z.addresses[owner] = append(z.addresses[owner], canonicalText(rr))
	}
	text := rdataText(rr)
	z.rdata[text], z.foldedRdata[strings.ToLower(text)] = true, true
}
