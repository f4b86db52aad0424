package interop_test

import (
	"fmt"
	"strings"
)

// varied is a zone with much of what a zone may have: names that must be
// escaped, upper case, wildcards, cuts with glue and with occluded data,
// aliases, large RRsets, unknown types. A second version differs in a bit of
// everything.
func varied(serial uint32) string {
	var b strings.Builder
	fmt.Fprintf(&b, "$ORIGIN %s\n$TTL 300\n@ 7200 SOA ns hostmaster %d 60 10 600 30\n", zone, serial)
	b.WriteString(variedFixed)
	for i := range 400 {
		fmt.Fprintf(&b, "n%d.region%d %d A 192.0.2.%d\n", i, i%7, 60+i, i%250+1)
	}
	for i := range 90 { // named takes no more than 100 in an RRset
		fmt.Fprintf(&b, "many AAAA 2001:db8::%x\n", i+int(serial))
	}
	if serial%2 == 0 {
		b.WriteString("_443._tcp TLSA 3 1 1 0d6fce3f3d5f2b8a9a1f1cdd9f0a2b5c6d7e8f900112233445566778899aabbc\n")
		b.WriteString("added.by.the.second A 192.0.2.2\n*.sub TXT \"another wildcard\"\n")
	} else {
		b.WriteString("_443._tcp TLSA 3 1 1 1d6fce3f3d5f2b8a9a1f1cdd9f0a2b5c6d7e8f900112233445566778899aabbc\n")
		b.WriteString("gone.in.the.second A 192.0.2.1\n*.sub TXT \"a wildcard\"\n")
	}
	return b.String()
}

const variedFixed = `@ NS ns
@ NS ns.elsewhere.example.
@ MX 10 mail
@ TXT "v=spf1 -all" "a \"quoted\" string" "with a \\ and \200\001 bytes"
@ CAA 0 issue "ca.example.net"
ns A 127.0.0.1
ns AAAA ::1
mail 60 A 192.0.2.25
MiXeD.CaSe A 192.0.2.3
* A 192.0.2.99
*.wild MX 5 mail
ent.a.b.c.d TXT "below empty non-terminals"
with\.dot TXT "an escaped dot"
with\032space\000nul TXT "escapes"
alias CNAME www
www A 192.0.2.80
chain CNAME alias
outside CNAME www.elsewhere.example.
tree DNAME other.example.
sub2 NS ns.sub2
sub2 NS ns2.elsewhere.example.
ns.sub2 A 192.0.2.53
occluded.sub2 TXT "below the cut"
signed NS ns
signed DS 60485 8 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A
_sip._tcp SRV 0 5 5060 sip
_sip._tcp SRV 1 0 5060 .
sip A 192.0.2.6
svc SVCB 1 Target.Example.Net. alpn=h2,h3 port=8443
web HTTPS 1 . alpn=h2 ipv4hint=192.0.2.7
web HTTPS 2 Pool.Example.Net. port=8443
naptr NAPTR 100 50 "s" "SIP+D2U" "" _sip._udp
host HINFO "PC" "Linux"
where LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
key SSHFP 4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789
resp RP admin.example.org. txt.example.org.
afs AFSDB 1 afs.example.org.
cert CERT PGP 0 0 AQIDBA==
uri URI 10 1 "https://www.example.org/"
eui EUI48 00-00-5e-00-53-2a
unknown TYPE65280 \# 4 c0ffee00
smime OPENPGPKEY AQIDBA==
`
