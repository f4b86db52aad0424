package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// largeName is the apex of the large zone.
const largeName = "bench.test."

// Names and records of the large zone come in groups of ten names with 25 records, the same in every run.
const (
	groupNames   = 10
	groupRecords = 25
)

// label is the i-th owner name's label. The multiplication by an odd number is a permutation of the 32-bit
// numbers: names are all different, and which of them are neighbours has nothing to do with their numbers.
func label(i int) string { return strconv.FormatUint(uint64(uint32(i)*2654435761), 36) }

// absent is a label that the zone does not have.
func absent(i int) string { return label(i) + "-no" }

// hostAddress is the A record of a name.
func hostAddress(i int) string { return fmt.Sprintf("10.%d.%d.%d", i>>16&127, i>>8&255, i&255) }

// probeLabel is the name that a change is seen at, in every zone.
const probeLabel = "probe"

// probeAddress is what it has at first.
const probeAddress = "192.0.2.3"

// largeChurn is how many addresses the largest change replaces: to delete one and add one is two records.
const largeChurn = 5000

// largeZone is the primary's one large zone, made when it is first needed.
func (b *bench) largeZone() *largeZone {
	if b.large == nil {
		b.say("making the zone with %d records", b.options.records)
		b.large = b.buildZone(largeName, probeLabel+"."+largeName, func(x *builder) { x.mixed(namesOf(b.options.records)) })
	}
	return b.large
}

func namesOf(records int) int { return max(records/groupRecords, 1) * groupNames }

// mixed adds hosts, mail domains, aliases, delegations and services, in the order in which servers send them.
func (x *builder) mixed(names int) {
	x.apex()
	every := max(names/largeChurn/groupNames, 1) * groupNames
	x.walk(names, func(string) {}, func(i int) { x.host(i, i%every == 0) })
}

// walk calls add for each name in the order of their labels, and adds name servers and the probe where they belong,
// after each of which it calls special.
func (x *builder) walk(names int, special func(label string), add func(i int)) {
	own := []struct {
		label string
		add   func()
	}{
		{"ns1", func() { x.add(nameServer(1)) }}, {"ns2", func() { x.add(nameServer(2)) }},
		{probeLabel, func() { x.changing(record{labels(probeLabel), dns.TypeA, 60, ipv4(probeAddress)}) }},
	}
	upTo := func(label string) {
		for len(own) > 0 && own[0].label < label {
			own[0].add()
			special(own[0].label)
			own = own[1:]
		}
	}
	for _, i := range inOrder(names) {
		upTo(label(i))
		add(i)
	}
	upTo("~")
}

// inOrder are the numbers of names in the order of their labels.
func inOrder(names int) []int {
	type named struct {
		label string
		i     int
	}
	list := make([]named, names)
	for i := range list {
		list[i] = named{label(i), i}
	}
	slices.SortFunc(list, func(a, b named) int { return strings.Compare(a.label, b.label) })
	order := make([]int, names)
	for at, n := range list {
		order[at] = n.i
	}
	return order
}

// apex is what every zone has: two name servers.
func (x *builder) apex() {
	x.add(record{nil, dns.TypeNS, 3600, below("ns1")})
	x.add(record{nil, dns.TypeNS, 3600, below("ns2")})
}

func nameServer(i byte) record {
	return record{labels(fmt.Sprintf("ns%d", i)), dns.TypeA, 3600, []byte{192, 0, 2, i}}
}

// host adds the records of one name; its address changes or does not.
func (x *builder) host(i int, changes bool) {
	name := labels(label(i))
	put := func(rtype uint16, data ...[]byte) { x.add(record{name, rtype, 3600, joined(data...)}) }
	switch {
	case changes:
		x.changing(record{name, dns.TypeA, 3600, ipv4(hostAddress(i))})
	case hasAddress(i):
		put(dns.TypeA, ipv4(hostAddress(i)))
	}
	kind := i % groupNames
	switch kind {
	case 0, 1, 2, 4, 6, 8:
		put(dns.TypeAAAA, uint32s(0x20010db8, 0, uint32(i>>16), uint32(i&0xffff)))
	}
	switch kind {
	case 0:
		put(dns.TypeMX, uint16s(10), below(label(i+1)))
		put(dns.TypeTXT, characterString("v=spf1 ip4:"+hostAddress(i)+" -all"))
	case 2, 9:
		put(dns.TypeTXT, characterString(fmt.Sprintf("site-verification=%08x%08x", i*7, i*13)))
	case 3:
		put(dns.TypeCNAME, below(label(i-3)))
	case 4:
		put(dns.TypeHTTPS, uint16s(1), []byte{0}, uint16s(1, 3), characterString("h2"))
	case 5:
		host := "host" + strconv.Itoa(i%100) + ".example."
		put(dns.TypeNS, wireName("ns1."+host))
		put(dns.TypeNS, wireName("ns2."+host))
	case 6:
		put(dns.TypeMX, uint16s(10), below(label(i-5)))
		put(dns.TypeMX, uint16s(20), below(label(i-4)))
	case 7:
		put(dns.TypeSRV, uint16s(0, 5, 5060), wireName(label(i-1)+"."+largeName))
		put(dns.TypeSRV, uint16s(1, 5, 5060), wireName(label(i-3)+"."+largeName))
	}
}

// hasAddress says whether a name has an A record.
func hasAddress(i int) bool {
	switch i % groupNames {
	case 3, 5, 7:
		return false
	}
	return true
}

// questions are what clients ask of the large zone, as dnsperf reads it: half of them have an answer, a
// quarter is for a type that the name does not have, and a quarter for a name that is not there.
func questions(records, n int) []question {
	list := make([]question, n)
	names := namesOf(records)
	for q := range list {
		i := int(uint32(q)*2246822519>>3) % names
		for !hasAddress(i) {
			i = (i + 1) % names
		}
		list[q] = []question{
			{label(i) + "." + largeName, "A"}, {label(i) + "." + largeName, "A"},
			{label(i) + "." + largeName, "LOC"}, {absent(i) + "." + largeName, "A"},
		}[q%4]
	}
	return list
}

// A question is one line of a file for dnsperf.
type question struct{ name, rtype string }

func questionLines(list []question) string {
	var b strings.Builder
	for _, q := range list {
		b.WriteString(q.name + " " + q.rtype + "\n")
	}
	return b.String()
}
