package main

import (
	"cmp"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// tldName is the apex of the zone in the shape of a top-level domain: delegations, a tenth of them with glue, a tenth
// signed, and NSEC3 with opt-out. Signatures are well-formed noise: secondaries do not verify them.
const tldName = "tld."

// tldPart is how many delegations there are to one that has glue, and to one that is signed: 2.6 records a name.
const tldPart = 10

func tldDelegations(records int) int { return max(records*5/13, 2*tldPart) }

func (b *bench) tldZone() *largeZone {
	b.say("making the TLD with %d records", b.options.tld)
	return b.buildZone(tldName, probeLabel+"."+tldName, func(x *builder) { x.tld(tldDelegations(b.options.tld)) })
}

func (x *builder) tld(delegations int) {
	x.apex()
	x.signature(nil, dns.TypeSOA, dns.TypeNS, dns.TypeDNSKEY, dns.TypeNSEC3PARAM)
	x.add(record{nil, dns.TypeDNSKEY, 3600, joined(uint16s(257), []byte{3, 13}, noise(64, 1))})
	x.add(record{nil, dns.TypeNSEC3PARAM, 0, []byte{1, 0, 0, 0, 0}})
	hashes := []hashed{
		hashOf(nil, dns.TypeNS, dns.TypeSOA, dns.TypeRRSIG, dns.TypeDNSKEY, dns.TypeNSEC3PARAM),
		hashOf(labels("ns1"), dns.TypeA, dns.TypeRRSIG), hashOf(labels("ns2"), dns.TypeA, dns.TypeRRSIG),
		hashOf(labels(probeLabel), dns.TypeA, dns.TypeRRSIG),
	}
	x.walk(delegations, func(label string) { x.signature(labels(label), dns.TypeA) }, func(i int) {
		x.delegation(i)
		if i%tldPart == 1 {
			hashes = append(hashes, hashOf(labels(label(i)), dns.TypeNS, dns.TypeDS, dns.TypeRRSIG))
		}
	})
	x.chain(hashes)
}

// delegation adds what a TLD has of a name.
func (x *builder) delegation(i int) {
	name := labels(label(i))
	switch i % tldPart {
	case 0:
		for n := range 2 {
			host := fmt.Sprintf("ns%d", n+1)
			x.add(record{name, dns.TypeNS, 86400, joined(labels(host), below(label(i)))})
		}
		x.add(record{labels("ns1", label(i)), dns.TypeA, 86400, ipv4(hostAddress(i))})
		x.add(record{labels("ns2", label(i)), dns.TypeA, 86400, ipv4(hostAddress(i + 1))})
		return
	case 1:
		x.add(record{name, dns.TypeDS, 86400, joined(uint16s(uint16(i)), []byte{13, 2}, noise(32, i))})
		x.signature(name, dns.TypeDS)
	}
	host := fmt.Sprintf("dns%d.example.", i*7919%50_000) // one of the registrars
	x.add(record{name, dns.TypeNS, 86400, wireName("a." + host)})
	x.add(record{name, dns.TypeNS, 86400, wireName("b." + host)})
}

// signature adds an RRSIG over each of the types.
func (x *builder) signature(name []byte, types ...uint16) {
	const from, until = 1_700_000_000, 2_100_000_000
	count := byte(1)
	if len(name) > 0 {
		count = 2
	}
	for _, t := range types {
		x.add(record{name, dns.TypeRRSIG, 86400, joined(uint16s(t), []byte{13, count},
			uint32s(86400, until, from), uint16s(4711), wireName(tldName), noise(64, int(t)+x.packer.records))})
	}
}

// hashed is an owner name of an NSEC3 record.
type hashed struct {
	hash  [sha1.Size]byte
	types []uint16
}

// hashOf is RFC 5155 §5 without salt and further iterations, as RFC 9276 wants it.
func hashOf(name []byte, types ...uint16) hashed {
	return hashed{sha1.Sum(append(name[:len(name):len(name)], wireName(tldName)...)), types}
}

// chain adds the NSEC3 records. Empty non-terminals lie below delegations only, and have none.
func (x *builder) chain(list []hashed) {
	slices.SortFunc(list, func(a, b hashed) int { return cmp.Compare(string(a.hash[:]), string(b.hash[:])) })
	for i, h := range list {
		next := list[(i+1)%len(list)].hash
		name := labels(strings.ToLower(base32.HexEncoding.EncodeToString(h.hash[:])))
		const sha1Algorithm, optOut = 1, 1
		head := []byte{sha1Algorithm, optOut, 0, 0, 0, sha1.Size}
		x.add(record{name, dns.TypeNSEC3, 300, joined(head, next[:], typeBitmap(h.types))})
		x.signature(name, dns.TypeNSEC3)
	}
}

// typeBitmap has one window, as all types here are below 256.
func typeBitmap(types []uint16) []byte {
	octets := make([]byte, slices.Max(types)/8+1)
	for _, t := range types {
		octets[t/8] |= 0x80 >> (t % 8)
	}
	return append([]byte{0, byte(len(octets))}, octets...)
}

// noise is what no compression gets smaller, the same in every run.
func noise(n, seed int) []byte {
	list := make([]byte, 0, n)
	for x := uint64(seed); len(list) < n; {
		x += 0x9e3779b97f4a7c15
		y := (x ^ x>>30) * 0xbf58476d1ce4e5b9
		list = binary.BigEndian.AppendUint64(list, y^y>>27)
	}
	return list
}

// tldQuestions are names below delegations, half of them signed, and names that nobody has registered.
func tldQuestions(records, n int) []question {
	list := make([]question, n)
	for q := range list {
		i := int(uint32(q)*2246822519>>3) % tldDelegations(records)
		list[q] = []question{
			{"www." + label(i) + "." + tldName, "A"}, {"www." + label(i/tldPart*tldPart+1) + "." + tldName, "A"},
			{label(i) + "." + tldName, "DS"}, {absent(i) + "." + tldName, "A"},
		}[q%4]
	}
	return list
}
