package outgoing

import (
	"slices"
	"sync"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// from asks for what leads from a serial to the present version.
func (n *Nets) from(p zone.Published, have serial.Serial) *zone.Delta {
	return n.Decide(p, Query{Type: dns.TypeIXFR, Have: have}, 100).delta
}

func TestANetChangeIsMadeOnce(t *testing.T) {
	p, n := lineage(t), new(Nets)
	const have = 4294967295
	first := n.from(p, have)
	var asking sync.WaitGroup
	for range 8 {
		asking.Go(func() {
			if n.from(p, have) != first {
				t.Error("it was made again")
			}
		})
	}
	asking.Wait()
	n.Drop()
	if again := n.from(p, have); again == first {
		t.Error("it was not dropped")
	}
}

func TestNetChangesBelongToOneVersion(t *testing.T) {
	p, n := lineage(t), new(Nets)
	const have = 4294967295
	before := n.from(p, have)
	was := p.Version
	v, d := version(t, was, 3, slices.Collect(was.All())[1:]...)
	next := zone.Published{Version: v, Deltas: append(p.Deltas[:len(p.Deltas):len(p.Deltas)], d)}
	after := n.from(next, have)
	if before.To.Serial != was.Serial() || after.To.Serial != 3 || after.From.Serial != have {
		t.Errorf("to %d, then from %d to %d", before.To.Serial, after.From.Serial, after.To.Serial)
	}
	if again := n.from(p, have); again.To.Serial != was.Serial() {
		t.Errorf("one who still has the version before is led to %d", again.To.Serial)
	}
}

// All nets together take no more memory than the Deltas that they are made of.
func TestNetChangesAreBounded(t *testing.T) {
	v, _ := version(t, nil, 1)
	p, room := zone.Published{Version: v}, 0
	for i := range uint32(20) {
		var d *zone.Delta
		p.Version, d = version(t, p.Version, i+2, wide(int(i)+1)...)
		p.Deltas, room = append(p.Deltas, d), room+d.Octets()
	}
	n := new(Nets)
	for i := range serial.Serial(19) {
		if d := n.Decide(p, Query{Type: dns.TypeIXFR, Have: i + 1}, 10_000).delta; d == nil || d.From.Serial != i+1 {
			t.Fatalf("from serial %d: %v", i+1, d)
		}
	}
	held := 0
	for _, c := range n.current.Load().by {
		held += c.delta.Octets()
	}
	if of := n.current.Load(); held != of.octets || held > room || held < room/2 {
		t.Errorf("%d octets are held, %d counted, of %d", held, of.octets, room)
	}
}

func TestWhatIsLittleWork(t *testing.T) {
	p := lineage(t)
	small := zone.Published{Version: p.Version}
	large := zone.Published{}
	large.Version, _ = version(t, nil, 1, wide(5000)...)
	var d *zone.Delta
	large.Version, d = version(t, large.Version, 2, wide(5001)...)
	long := *d
	long.From.Serial, long.To.Serial, long.Added = 0, 1, make([]byte, dns.MaxMsgSize)
	large.Deltas = []*zone.Delta{&long, d}
	for name, c := range map[string]struct {
		p     zone.Published
		q     Query
		ratio int
		light bool
	}{
		"a small zone":                    {small, Query{Type: dns.TypeAXFR}, 100, true},
		"a large zone":                    {large, Query{Type: dns.TypeAXFR}, 100, false},
		"our SOA":                         {large, Query{Type: dns.TypeIXFR, Have: 2}, 100, true},
		"a small change of a large zone":  {large, Query{Type: dns.TypeIXFR, Have: 1}, 100, true},
		"one that may be larger than all": {large, Query{Type: dns.TypeIXFR, Have: 1}, 0, false},
		"a long chain":                    {large, Query{Type: dns.TypeIXFR, Have: 0}, 100, false},
		"a long chain over UDP":           {large, Query{Type: dns.TypeIXFR, Have: 0, Datagram: true}, 100, true},
		"a serial that never was":         {large, Query{Type: dns.TypeIXFR, Have: 1<<32 - 77}, 100, false},
	} {
		if got := Light(c.p, c.q, c.ratio); got != c.light {
			t.Errorf("%s: %v", name, got)
		}
	}
}
