package main

import (
	"fmt"
	"strconv"
	"strings"
)

// largeName is the apex of the large zone.
const largeName = "bench.test."

// Names and records of the large zone come in groups of ten names with 25 records, the same in every run.
const (
	groupNames   = 10
	groupRecords = 25
)

// label is the i-th owner name's label. The multiplication by an odd number is a permutation of the 32-bit
// numbers: names are all different and in no order, as in real zones.
func label(i int) string { return strconv.FormatUint(uint64(uint32(i)*2654435761), 36) }

// absent is a label that the zone does not have.
func absent(i int) string { return label(i) + "-no" }

// hostAddress is the A record of a name.
func hostAddress(i int) string { return fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255) }

// probeName is the one that changes.
const probeName = "probe." + largeName

// zoneHead is the apex of every zone here. The timers are long: nothing but a NOTIFY starts a refresh.
const zoneHead = `$ORIGIN %s
$TTL 3600
@ SOA ns1 hostmaster 1 86400 86400 864000 300
@ NS ns1
@ NS ns2
ns1 A 192.0.2.1
ns2 A 192.0.2.2
probe 60 A 192.0.2.3
`

// largeText is the zone file with about so many records.
func largeText(records int) string {
	var b strings.Builder
	b.Grow(records * 40)
	fmt.Fprintf(&b, zoneHead, largeName)
	for i := range namesOf(records) {
		writeName(&b, i)
	}
	return b.String()
}

func namesOf(records int) int { return max(records/groupRecords, 1) * groupNames }

// writeName writes the records of one name: a mix of hosts, mail domains, aliases, delegations and services.
func writeName(b *strings.Builder, i int) {
	name := label(i)
	line := func(data string) { fmt.Fprintf(b, "%s %s\n", name, data) }
	kind := i % groupNames
	if hasAddress(i) {
		line("A " + hostAddress(i))
	}
	switch kind {
	case 0, 1, 2, 4, 6, 8:
		line(fmt.Sprintf("AAAA 2001:db8::%x:%x", i>>16, i&0xffff))
	}
	switch kind {
	case 0:
		line("MX 10 " + label(i+1))
		line(fmt.Sprintf("TXT \"v=spf1 ip4:%s -all\"", hostAddress(i)))
	case 2, 9:
		line(fmt.Sprintf("TXT \"site-verification=%08x%08x\"", i*7, i*13))
	case 3:
		line("CNAME " + label(i-3))
	case 4:
		line("HTTPS 1 . alpn=h2")
	case 5:
		line("NS ns1.host" + strconv.Itoa(i%100) + ".example.")
		line("NS ns2.host" + strconv.Itoa(i%100) + ".example.")
	case 6:
		line("MX 10 " + label(i-5))
		line("MX 20 " + label(i-4))
	case 7:
		line("SRV 0 5 5060 " + label(i-1))
		line("SRV 1 5 5060 " + label(i-3))
	}
}

// hasAddress says whether a name has an A record, hasBoth whether it has an AAAA record too.
func hasAddress(i int) bool {
	switch i % groupNames {
	case 3, 5, 7:
		return false
	}
	return true
}

// questions are what clients ask of the large zone, as dnsperf reads it: half of them have an answer, a
// quarter is for a type that the name does not have, and a quarter for a name that is not there.
func questions(records, n int) string {
	var b strings.Builder
	names := namesOf(records)
	for q := range n {
		i := int(uint32(q)*2246822519>>3) % names
		for !hasAddress(i) {
			i = (i + 1) % names
		}
		switch q % 4 {
		case 0, 1:
			fmt.Fprintf(&b, "%s.%s A\n", label(i), largeName)
		case 2:
			fmt.Fprintf(&b, "%s.%s LOC\n", label(i), largeName)
		case 3:
			fmt.Fprintf(&b, "%s.%s A\n", absent(i), largeName)
		}
	}
	return b.String()
}

// smallName is the apex of the i-th small zone.
func smallName(i int) string { return fmt.Sprintf("zone%d.bench.test.", i) }

func smallNames(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = smallName(i)
	}
	return list
}

// smallText is the zone file of a small zone: the apex, two name servers, and a few hosts.
func smallText(i int) string {
	return fmt.Sprintf(zoneHead, smallName(i)) + fmt.Sprintf("@ MX 10 mail\n@ A %[1]s\nwww A %[1]s\nmail A %[1]s\n", hostAddress(i))
}

// smallQuestions are spread over all the small zones.
func smallQuestions(zones, n int) string {
	var b strings.Builder
	for q := range n {
		zone := smallName(int(uint32(q)*2246822519>>3) % zones)
		fmt.Fprintf(&b, "%s.%s\n", []string{"www", "mail", "www", "absent"}[q%4], zone+[]string{" A", " A", " LOC", " A"}[q%4])
	}
	return b.String()
}
