package oracle

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// generated makes a zone of a few dozen names from a seed. Its labels come
// from a small alphabet, so that names meet: wildcards beside exact names,
// aliases that hit something, cuts above other names.
func generated(seed uint64, d Denial) Source {
	g := &generator{rnd: rand.New(rand.NewPCG(seed, 0)), types: map[string][]uint16{}}
	for range 60 {
		g.add()
	}
	g.prune()
	head := "$TTL 3600\n@ SOA ns hostmaster 2026112001 7200 1800 604800 900\n@ NS ns\n@ NS ns.example.net.\nns A 192.0.2.1\n"
	return Source{Origin: fmt.Sprintf("g%d-%c.test.", seed, d), Denial: d, Text: head + g.text()}
}

type generator struct {
	rnd   *rand.Rand
	lines []line
	types map[string][]uint16 // by owner
}

type line struct {
	owner string
	rtype uint16
	data  string
}

func (g *generator) label() string {
	return []string{"a", "b", "c", "d", "e", "*", "f", "g", "A", "a0"}[g.rnd.IntN(10)]
}

// name is relative, one to four labels deep.
func (g *generator) name() string {
	list := make([]string, 1+g.rnd.IntN(4))
	for i := range list {
		list[i] = g.label()
	}
	return strings.Join(list, ".")
}

// target is where a record may point: mostly somewhere near.
func (g *generator) target() string {
	switch g.rnd.IntN(10) {
	case 0:
		return "www.example.net."
	case 1, 2:
		return strings.ReplaceAll(g.name(), "*", "x")
	}
	if len(g.lines) == 0 {
		return "@"
	}
	owner := g.lines[g.rnd.IntN(len(g.lines))].owner
	if g.rnd.IntN(3) == 0 {
		owner = g.label() + "." + owner
	}
	return owner
}

func (g *generator) add() {
	owner := g.name()
	switch g.rnd.IntN(12) {
	case 0, 1:
		g.put(owner, dns.TypeCNAME, g.target())
	case 2:
		g.put(owner, dns.TypeDNAME, g.target())
	case 3, 4:
		g.cut(owner)
	case 5:
		g.put(owner, dns.TypeMX, "10 "+g.target())
	case 6:
		g.put(owner, dns.TypeTXT, `"text" "in two"`)
	case 7:
		g.put(owner, dns.TypeSRV, "0 0 53 "+g.target())
	case 8:
		g.put(owner, 65280, `\# 2 0102`)
	case 9:
		g.put(owner, dns.TypeAAAA, "2001:db8::1")
	default:
		g.put(owner, dns.TypeA, fmt.Sprintf("192.0.2.%d", g.rnd.IntN(256)))
	}
}

// cut delegates owner, with glue or without, with DS or without.
func (g *generator) cut(owner string) {
	if strings.HasPrefix(owner, "*") {
		return // wildns.zone has these
	}
	ns := "ns." + owner
	if g.rnd.IntN(3) == 0 {
		ns = g.target()
	} else {
		g.put(ns, dns.TypeA, "192.0.2.53")
	}
	g.put(owner, dns.TypeNS, ns)
	if g.rnd.IntN(2) == 0 {
		g.put(owner, dns.TypeDS, "12345 13 2 3D5E4A3C6B1F0E2D4C5B6A79880706050403020100FFEEDDCCBBAA9988776655")
	}
}

// put adds a record unless RFC 1034 section 3.6.2 or RFC 6672 section 2.4
// forbid its company.
func (g *generator) put(owner string, rtype uint16, data string) {
	owner = strings.ToLower(owner)
	have := g.types[owner]
	alone := rtype == dns.TypeCNAME || slices.Contains(have, dns.TypeCNAME)
	dname := rtype == dns.TypeDNAME || slices.Contains(have, dns.TypeDNAME)
	ns := rtype == dns.TypeNS || slices.Contains(have, dns.TypeNS)
	if alone && len(have) > 0 || dname && (ns || slices.Contains(have, rtype)) {
		return
	}
	if rtype == dns.TypeDS && !slices.Contains(have, dns.TypeNS) {
		return
	}
	g.types[owner] = append(have, rtype)
	g.lines = append(g.lines, line{owner, rtype, data})
}

// prune drops names below a DNAME, which under.zone has.
func (g *generator) prune() {
	g.lines = slices.DeleteFunc(g.lines, func(l line) bool {
		for up := l.owner; ; {
			_, rest, found := strings.Cut(up, ".")
			if !found {
				return false
			}
			if up = rest; slices.Contains(g.types[up], dns.TypeDNAME) {
				return true
			}
		}
	})
}

func (g *generator) text() string {
	var b strings.Builder
	for _, l := range g.lines {
		fmt.Fprintf(&b, "%s %s %s\n", l.owner, dns.Type(l.rtype), l.data)
	}
	return b.String()
}
