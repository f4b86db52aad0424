package answer

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// someOPT is an OPT record with the DO bit and a size of 1232, and what the dns package makes of it.
var someOPT = []byte{0, 0, 41, 0x04, 0xD0, 0, 0, 0x80, 0, 0, 0}

func someHead(octets int) Head {
	return Head{ID: 4711, RD: true, CD: true, Class: dns.ClassINET, OPT: someOPT, Octets: octets}
}

// rendered is the message that the records of a result make, with the head of someHead.
func rendered(q Query, r *Result) *dns.Msg {
	m := new(dns.Msg)
	m.Id, m.RecursionDesired, m.CheckingDisabled = 4711, true, true
	m.Response, m.Rcode, m.Authoritative = true, r.Rcode, r.Authoritative
	m.Question = []dns.Question{{Name: q.Name.String(), Qtype: q.Type, Qclass: dns.ClassINET}}
	m.Answer = AppendRRs(nil, r.Answer...)
	m.Ns = AppendRRs(nil, r.Authority...)
	m.Extra = AppendRRs(nil, r.Additional...)
	opt := &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}
	opt.SetUDPSize(1232)
	opt.SetDo()
	m.Extra = append(m.Extra, opt)
	return m
}

// seen is a message as a client sees it: packed and unpacked, all of it, in its order.
func seen(m *dns.Msg) (string, error) {
	wire, err := m.Pack()
	if err != nil {
		return "", err
	}
	return unpacked(wire)
}

func unpacked(wire []byte) (string, error) {
	m := new(dns.Msg)
	if err := m.Unpack(wire); err != nil {
		return "", err
	}
	return m.String(), counted(wire, m)
}

// counted says whether the header has the numbers of records, which the dns package does not mind.
func counted(wire []byte, m *dns.Msg) error {
	for i, n := range []int{len(m.Question), len(m.Answer), len(m.Ns), len(m.Extra)} {
		if got := int(binary.BigEndian.Uint16(wire[4+2*i:])); got != n {
			return fmt.Errorf("section %d has %d records by the header, and %d", i, got, n)
		}
	}
	return nil
}

// checkMessage compares the message of an answer with its records.
func checkMessage(v *zone.Version, q Query) error {
	var r Result
	r.Fill(v, q)
	whole := rendered(q, &r)
	want, err := seen(whole)
	if err != nil {
		return err
	}
	wire, fits := r.Message(someHead(dns.MaxMsgSize))
	if !fits {
		return fmt.Errorf("no message")
	}
	got, err := unpacked(wire)
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("message:\n%s\nrecords:\n%s", got, want)
	}
	// The dns package also points into RDATA in which names must not be compressed.
	whole.Compress = true
	if compressed, err := whole.Pack(); err != nil || len(wire) > len(compressed)+len(compressed)/8 {
		return fmt.Errorf("%d octets, where the dns package needs %d (%w)", len(wire), len(compressed), err)
	}
	return checkShorter(v, q, len(wire))
}

// checkShorter has a message made that has less room than it would need: what is in it is what is needed of an
// answer, and all of that.
func checkShorter(v *zone.Version, q Query, length int) error {
	var r Result
	for _, room := range []int{length - 1, length / 2, length / 4} {
		r.Fill(v, q)
		needed := rendered(q, &r)
		needed.Extra = append(needed.Extra[:0], AppendRRs(nil, r.Additional[:r.Glue]...)...)
		short := q
		short.Minimal = true
		minimal := Answer(v, short)
		wire, fits := r.Message(someHead(room))
		if !fits {
			if again := rendered(q, &r); again.String() != rendered(q, Answer(v, q)).String() {
				return fmt.Errorf("the result is not what it was")
			}
			continue
		}
		got := new(dns.Msg)
		if err := got.Unpack(wire); err != nil || len(wire) > room || got.Truncated {
			return fmt.Errorf("%d octets for %d: %w", len(wire), room, err)
		}
		if err := counted(wire, got); err != nil {
			return err
		}
		if len(got.Answer) != len(needed.Answer) || len(got.Extra)-1 != len(needed.Extra) {
			return fmt.Errorf("room %d: %v\nneeded: %v", room, got, needed)
		}
		if n := len(got.Ns); n != len(needed.Ns) && n != len(AppendRRs(nil, minimal.Authority...)) {
			return fmt.Errorf("room %d: authority %v", room, got.Ns)
		}
	}
	return nil
}

func TestTheMessageHasWhatTheRecordsSay(t *testing.T) {
	zones := 60
	if testing.Short() {
		zones = 15
	}
	for name, how := range someSignings {
		rnd := rand.New(rand.NewPCG(7, uint64(len(name))))
		for range zones {
			rrs := sign("z.", randomZone(rnd), how)
			v := load(t, "z.", rrs)
			for range 60 {
				qname := owner.MustParse(mixed(rnd, randomName(rnd)))
				q := Query{Name: qname, Type: someTypes[rnd.IntN(len(someTypes))], DO: rnd.IntN(2) == 0, Minimal: rnd.IntN(8) == 0}
				if rnd.IntN(4) == 0 {
					q.MaxTTL = 30
				}
				if err := checkMessage(v, q); err != nil {
					t.Fatalf("%s: %s %s: %v\nzone:\n%s", name, qname, dns.TypeToString[q.Type], err, text(rrs))
				}
			}
		}
	}
}

// mixed is a name in random case.
func mixed(rnd *rand.Rand, name string) string {
	b := []byte(name)
	for i := range b {
		if rnd.IntN(3) == 0 {
			b[i] = strings.ToUpper(string(b[i]))[0]
		}
	}
	return string(b)
}

func FuzzMessage(f *testing.F) {
	f.Add(uint64(1), []byte("a.b"), dns.TypeA, true)
	f.Add(uint64(2), []byte("*.C"), dns.TypeDS, true)
	f.Add(uint64(3), []byte(`\000.*.w`), dns.TypeANY, false)
	f.Fuzz(func(t *testing.T, seed uint64, labels []byte, qtype uint16, do bool) {
		name, err := owner.Parse(string(labels) + ".z.")
		if err != nil || !name.IsBelowOrEqual(owner.MustParse("z.")) {
			t.Skip()
		}
		rnd := rand.New(rand.NewPCG(seed, 0))
		names := []string{"unsigned", "NSEC", "NSEC3", "NSEC3 with a salt", "NSEC3 with opt-out"}
		rrs := sign("z.", randomZone(rnd), someSignings[names[seed%uint64(len(names))]])
		if err := checkMessage(load(t, "z.", rrs), Query{Name: name, Type: qtype, DO: do}); err != nil {
			t.Fatalf("%s %d: %v\nzone:\n%s", name, qtype, err, text(rrs))
		}
	})
}

// Each type that the dns package knows, and some that it does not, comes out of the message as it is in the zone.
func TestEveryTypeInAMessage(t *testing.T) {
	v := parseZone(t, "z.", everyType)
	for _, node := range []string{"x.z.", "y.z."} {
		for qtype := range uint16(300) {
			if err := checkMessage(v, Query{Name: owner.MustParse(node), Type: qtype}); err != nil {
				t.Errorf("%s %d: %v", node, qtype, err)
			}
		}
		if err := checkMessage(v, Query{Name: owner.MustParse(node), Type: 65280}); err != nil {
			t.Error(err)
		}
	}
}

const everyType = `
z. 60 IN SOA ns.z. h.z. 1 2 3 4 5
z. 60 IN NS ns.z.
z. 60 IN NS ns.elsewhere.
ns.z. 60 IN A 192.0.2.1
ns.z. 60 IN AAAA 2001:db8::1
$ORIGIN z.
$TTL 60
x A 192.0.2.1
x A 192.0.2.2
x AAAA ::ffff:192.0.2.1
x MX 10 ns
x MX 20 y.z.
x TXT "a\"\\\000" "" "b"
x SRV 1 2 3 ns
x PTR x.y.z.
x HINFO a b
x MINFO a.z. b.x.z.
x RP a.z. b.z.
x AFSDB 1 ns
x RT 1 ns
x KX 1 ns
x PX 1 a.z. b.z.
x NAPTR 1 2 "a" "b" "c" ns
x LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
x CAA 0 issue "x"
x TLSA 3 1 1 AABB
x SSHFP 1 1 AABB
x SVCB 1 . alpn=h2,h3 port=1 ipv4hint=192.0.2.1
x HTTPS 0 y.z.
x URI 1 2 "x"
x EUI48 00-00-5e-00-53-2a
x TYPE65280 \# 3 010203
x CSYNC 1 2 A NS
x APL 1:192.0.2.0/24
x DNSKEY 256 3 13 AAAA
y CNAME x.z.
`

// An answer that no message can hold costs no more than the octets of one.
func TestAnAnswerThatNoMessageCanHold(t *testing.T) {
	lines := []string{"z. 60 IN SOA ns.z. h.z. 1 2 3 4 5"}
	for i := range 3000 {
		lines = append(lines, fmt.Sprintf("x.z. 60 IN TXT \"%060d\"", i))
	}
	v := load(t, "z.", mustRecords(lines))
	r := Answer(v, Query{Name: owner.MustParse("x.z."), Type: dns.TypeTXT})
	if wire, fits := r.Message(someHead(dns.MaxMsgSize)); fits || wire != nil {
		t.Errorf("%d octets", len(wire))
	}
	if got := cap(r.message.Octets); got > 4*dns.MaxMsgSize {
		t.Errorf("%d octets of memory", got)
	}
	if wire, fits := Answer(v, Query{Name: owner.MustParse("x.z."), Type: dns.TypeA}).Message(someHead(512)); !fits || len(wire) > 512 {
		t.Errorf("after it: %d octets", len(wire))
	}
}
