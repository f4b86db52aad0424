package outgoing

import (
	"slices"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Two octets make a name of few labels, so that names and their hashes often meet; four make a record. What
// was packed must read as the zone, whatever the size of the messages.
func FuzzWrite(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x55\x41\x99\x9a\xff\xfe\xfd\xfc\x12\x34\x56\x78"), uint16(300))
	f.Add([]byte("aaaabbbbccccddddAAAABBBBCCCCDDDD\x00\x00\x00\x00"), uint16(0))
	f.Fuzz(func(t *testing.T, program []byte, size uint16) {
		var records []zone.RR
		for ; len(program) >= 4 && len(records) < 500; program = program[4:] {
			target := fuzzName(program[2], program[3])
			rr := zone.RR{Owner: fuzzName(program[0], program[1]), TTL: uint32(program[0]) << 8}
			switch program[3] % 4 {
			case 0:
				rr.Type, rr.Data = dns.TypeNS, target
			case 1:
				rr.Type, rr.Data = dns.TypeMX, append([]byte{0, program[1]}, target...)
			case 2:
				rr.Type, rr.Data = dns.TypeMINFO, append(slices.Clone(target), rr.Owner...)
			case 3:
				rr.Type, rr.Data = 65280, program[:4]
			}
			records = append(records, rr)
		}
		v, _ := version(t, nil, 7, records...)
		q := Query{Type: dns.TypeAXFR}
		r := Decide(zone.Published{Version: v}, q, 100)
		got := write(t, r, q, Bounds{Octets: 400 + int(size)%65000})
		if !slices.Equal(got.lines, want(r, wholeKinds(v.Records()+1))) {
			t.Fatal("the zone did not arrive as it is")
		}
	})
}

// fuzzName is a name below the apex with up to four labels.
func fuzzName(a, b byte) owner.Name {
	var name owner.Name
	for i := range a % 5 {
		switch label := b >> (2 * (i % 4)) & 3; label {
		case 0:
			name = append(name, 1, 'a')
		case 1:
			name = append(name, 1, 'A')
		case 2:
			name = append(name, 4, a, 0, b, 0xC0)
		case 3:
			name = append(append(name, 12), "www-long-www"...)
		}
	}
	return append(name, apex...)
}
