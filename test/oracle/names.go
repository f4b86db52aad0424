package oracle

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// askedNames are the names worth asking for in a zone: all that exist, what
// lies above, below and beside them, what aliases lead to, and strangers.
func askedNames(z *Zone, rnd *rand.Rand) []string {
	set := map[string]bool{}
	apex := labelsOf(z.Name)
	add := func(l labels) {
		if name := l.String(); name != "?" && fits(name) {
			set[name] = true
		}
	}
	for _, owner := range owners(z) {
		for l := owner; l.below(apex); l = l[:len(l)-1] {
			add(l)
		}
		for _, l := range around(owner, apex, rnd) {
			add(l)
		}
	}
	for _, l := range reached(z) {
		add(l)
	}
	for _, l := range hashed(z) {
		add(l)
		add(l.child("x"))
	}
	add(apex)
	for _, l := range strangers(apex) {
		add(l)
	}
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// fits says whether a name is a legal one: at most 255 octets, labels of 63.
func fits(name string) bool {
	_, err := dns.PackDomainName(name, make([]byte, 256), 0, nil, false)
	return err == nil
}

// owners are the distinct owner names of the zone but for NSEC3's.
func owners(z *Zone) []labels {
	seen := map[string]bool{}
	var list []labels
	for _, rr := range z.Records {
		name := fold(rr.Header().Name)
		if seen[name] || isNSEC3(rr) {
			continue
		}
		seen[name] = true
		list = append(list, labelsOf(name))
	}
	// A signer with several threads writes in no fixed order.
	slices.SortFunc(list, labels.compare)
	return list
}

func isNSEC3(rr dns.RR) bool {
	if sig, ok := rr.(*dns.RRSIG); ok {
		return sig.TypeCovered == dns.TypeNSEC3
	}
	return rr.Header().Rrtype == dns.TypeNSEC3
}

// hashed are a few owner names of NSEC3 records: they do not exist.
func hashed(z *Zone) []labels {
	var list []labels
	for _, rr := range z.Records {
		if rr.Header().Rrtype == dns.TypeNSEC3 {
			list = append(list, labelsOf(rr.Header().Name))
		}
	}
	slices.SortFunc(list, labels.compare)
	return list[:min(3, len(list))]
}

// around are the neighbours of a name, in the tree and in canonical order.
func around(l, apex labels, rnd *rand.Rand) []labels {
	list := []labels{
		l.child("x"), l.child("*"), l.child("\x00"), l.child("x").child("y"),
		l.child("*").child("x"), l.child(randomLabel(rnd)), l.child("www"),
		l.child(strings.Repeat("q", 50)),
	}
	if !l.below(apex) {
		return list
	}
	up := l[:len(l)-1]
	last := l[len(l)-1]
	list = append(list, up.child(string(last)+"\x00"), up.child(string(last)+"-"), up.child(randomLabel(rnd)))
	if len(last) > 1 {
		list = append(list, up.child(string(last[:len(last)-1])))
	}
	for _, step := range []int{-1, 1} {
		near := bytes.Clone(last)
		near[len(near)-1] = byte(int(near[len(near)-1]) + step)
		list = append(list, up.child(string(near)))
	}
	if string(last) == "*" {
		list = append(list, up.child("x"), up.child("x").child("*"), up.child("z").child("y").child("x"))
	}
	return list
}

func randomLabel(rnd *rand.Rand) string {
	label := make([]byte, 1+rnd.IntN(3))
	for i := range label {
		label[i] = "abcdefmnxyz0-\x00\xff*."[rnd.IntN(17)]
	}
	return string(label)
}

// reached are targets of records, and for each DNAME the names that it maps
// onto existing ones.
func reached(z *Zone) []labels {
	var list []labels
	for _, rr := range z.Records {
		switch r := rr.(type) {
		case *dns.CNAME:
			list = append(list, labelsOf(r.Target))
		case *dns.NS:
			list = append(list, labelsOf(r.Ns), labelsOf(r.Ns).child("x"))
		case *dns.MX:
			list = append(list, labelsOf(r.Mx))
		case *dns.DNAME:
			list = append(list, mapped(z, labelsOf(r.Hdr.Name), labelsOf(r.Target))...)
		}
	}
	return list
}

func mapped(z *Zone, from, to labels) []labels {
	var list []labels
	for _, owner := range owners(z) {
		if owner.below(to) {
			list = append(list, append(slices.Clip(from), owner[len(to):]...))
		}
	}
	return list
}

// strangers are names that the zone does not hold.
func strangers(apex labels) []labels {
	list := []labels{labelsOf("www.example.net."), labelsOf("test."), {}}
	if len(apex) > 0 {
		last := len(apex) - 1
		list = append(list, apex[:last].child("x"+string(apex[last])), apex[:last].child("nobody"))
	}
	return list
}

// questionsFor picks n questions about the zone: the pinned ones, each name once
// for an address with DO as far as a third of n goes, and the rest at random
// among all combinations.
func questionsFor(z *Zone, n int, rnd *rand.Rand) []Question {
	names := askedNames(z, rnd)
	var first, rest []Question
	for _, name := range names {
		for _, t := range askedTypes {
			for _, do := range []bool{true, false} {
				q := Question{name, t, do}
				if t == dns.TypeA && do {
					first = append(first, q)
				} else {
					rest = append(rest, q)
				}
			}
		}
	}
	shuffle := func(list []Question) {
		rnd.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	shuffle(first)
	shuffle(rest)
	first = first[:min(len(first), n/3)]
	list := append(pinnedQuestions(z), first...)
	list = append(list, rest[:min(len(rest), max(0, n-len(list)))]...)
	for i := range list {
		if rnd.IntN(8) == 0 {
			list[i].Name = mixCase(list[i].Name, rnd)
		}
	}
	return list
}

// mixCase flips letters that are not part of an escape.
func mixCase(name string, rnd *rand.Rand) string {
	b := []byte(name)
	for i, c := range b {
		if 'a' <= c && c <= 'z' && (i == 0 || b[i-1] != '\\') && rnd.IntN(2) == 0 {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}
