package answer

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// A signing says how a test zone is signed: the RRSIGs are of the right form, and their signatures are not.
type signing struct {
	denial     uint16 // TypeNSEC, TypeNSEC3, or TypeNone for an unsigned zone
	optOut     bool
	salt       string
	iterations uint16
}

// unsignedZone holds the records of a zone by lower-case owner name.
type unsignedZone struct {
	origin string
	names  map[string][]dns.RR
	minTTL uint32
}

// sign adds what a signer adds: NSEC or NSEC3 records and an RRSIG for each authoritative RRset.
func sign(origin string, rrs []dns.RR, how signing) []dns.RR {
	if how.denial == dns.TypeNone {
		return rrs
	}
	z := unsignedZone{origin: strings.ToLower(origin), names: map[string][]dns.RR{}}
	for _, rr := range rrs {
		name := strings.ToLower(rr.Header().Name)
		z.names[name] = append(z.names[name], rr)
		if soa, ok := rr.(*dns.SOA); ok {
			z.minTTL = min(soa.Minttl, soa.Hdr.Ttl)
		}
	}
	var added []dns.RR
	if how.denial == dns.TypeNSEC {
		added = z.nsecs()
	} else {
		param := &dns.NSEC3PARAM{Hdr: dns.RR_Header{Name: z.origin, Rrtype: dns.TypeNSEC3PARAM, Class: 1}, Hash: 1,
			Iterations: how.iterations, SaltLength: uint8(len(how.salt) / 2), Salt: how.salt}
		z.names[z.origin] = append(z.names[z.origin], param)
		added = append(z.nsec3s(how), param)
	}
	all := append(slices.Clone(rrs), added...)
	return append(all, z.signatures(all)...)
}

// ownsAny says whether a name owns records of one of the types.
func (z *unsignedZone) ownsAny(name string, types ...uint16) bool {
	return slices.ContainsFunc(z.names[name], func(rr dns.RR) bool { return slices.Contains(types, rr.Header().Rrtype) })
}

func (z *unsignedZone) isCut(name string) bool {
	return name != z.origin && z.ownsAny(name, dns.TypeNS)
}

// hidden says that the name is below a cut or a DNAME.
func (z *unsignedZone) hidden(name string) bool {
	for name != z.origin {
		name = parent(name)
		if z.isCut(name) || z.ownsAny(name, dns.TypeDNAME) {
			return true
		}
	}
	return false
}

func (z *unsignedZone) nsecs() []dns.RR {
	var names []string
	for name := range z.names {
		if !z.hidden(name) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, compareCanonically)
	var out []dns.RR
	for i, name := range names {
		types := append(z.types(name), dns.TypeRRSIG, dns.TypeNSEC)
		slices.Sort(types)
		out = append(out, &dns.NSEC{
			Hdr:        dns.RR_Header{Name: name, Rrtype: dns.TypeNSEC, Class: 1, Ttl: z.minTTL},
			NextDomain: names[(i+1)%len(names)], TypeBitMap: types,
		})
	}
	return out
}

// types are those that a record of denial lists: at a cut only the parent's.
func (z *unsignedZone) types(name string) (types []uint16) {
	for _, rr := range z.names[name] {
		t := rr.Header().Rrtype
		if !slices.Contains(types, t) && (!z.isCut(name) || t == dns.TypeNS || t == dns.TypeDS) {
			types = append(types, t)
		}
	}
	return types
}

func (z *unsignedZone) nsec3s(how signing) []dns.RR {
	hashed := map[string][]uint16{}
	for name := range z.names {
		if z.hidden(name) || how.optOut && z.isCut(name) && !z.ownsAny(name, dns.TypeDS) {
			continue
		}
		types := z.types(name)
		if !z.isCut(name) || z.ownsAny(name, dns.TypeDS) {
			types = append(types, dns.TypeRRSIG)
		}
		slices.Sort(types)
		hashed[dns.HashName(name, 1, how.iterations, how.salt)] = types
		for up := name; up != z.origin; up = parent(up) {
			if hash := dns.HashName(up, 1, how.iterations, how.salt); hashed[hash] == nil && z.names[up] == nil {
				hashed[hash] = nil
			}
		}
	}
	return z.linked(hashed, how)
}

func (z *unsignedZone) linked(hashed map[string][]uint16, how signing) []dns.RR {
	var hashes []string
	for hash := range hashed {
		hashes = append(hashes, hash)
	}
	slices.Sort(hashes)
	var out []dns.RR
	for i, hash := range hashes {
		rr := &dns.NSEC3{
			Hdr: dns.RR_Header{Name: strings.ToLower(hash) + "." + strings.TrimPrefix(z.origin, "."), Rrtype: dns.TypeNSEC3,
				Class: 1, Ttl: z.minTTL},
			Hash: 1, Iterations: how.iterations, SaltLength: uint8(len(how.salt) / 2), Salt: how.salt,
			HashLength: 20, NextDomain: hashes[(i+1)%len(hashes)], TypeBitMap: hashed[hash],
		}
		if how.optOut {
			rr.Flags = 1
		}
		out = append(out, rr)
	}
	return out
}

// signatures makes an RRSIG for each RRset that the zone is authoritative for.
func (z *unsignedZone) signatures(rrs []dns.RR) []dns.RR {
	var out []dns.RR
	done := map[string]bool{}
	for _, rr := range rrs {
		hdr := rr.Header()
		name := strings.ToLower(hdr.Name)
		id := fmt.Sprint(name, hdr.Rrtype)
		parental := hdr.Rrtype == dns.TypeDS || hdr.Rrtype == dns.TypeNSEC
		if done[id] || z.hidden(name) || z.isCut(name) && !parental {
			continue
		}
		done[id] = true
		labels := dns.CountLabel(name)
		if strings.HasPrefix(name, "*.") {
			labels--
		}
		out = append(out, &dns.RRSIG{
			Hdr:         dns.RR_Header{Name: hdr.Name, Rrtype: dns.TypeRRSIG, Class: 1, Ttl: hdr.Ttl},
			TypeCovered: hdr.Rrtype, Algorithm: 13, Labels: uint8(labels), OrigTtl: hdr.Ttl, KeyTag: 1,
			SignerName: z.origin, Signature: "c2lnbmF0dXJl",
		})
	}
	return out
}

func parent(name string) string {
	off, end := dns.NextLabel(name, 0)
	if end {
		return "."
	}
	return name[off:]
}

// compareCanonically is RFC 4034 §6.1, written a second time.
func compareCanonically(a, b string) int {
	return slices.CompareFunc(reversedLabels(a), reversedLabels(b), bytes.Compare)
}

func reversedLabels(name string) (labels [][]byte) {
	wire := make([]byte, 256)
	if _, err := dns.PackDomainName(strings.ToLower(name), wire, 0, nil, false); err != nil {
		panic(name)
	}
	for off := 0; wire[off] != 0; off += 1 + int(wire[off]) {
		labels = append(labels, wire[off+1:off+1+int(wire[off])])
	}
	slices.Reverse(labels)
	return labels
}
