package interop_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// allowed is a way to send a zone that a client must take. more are the records that it adds, as they must
// come out.
type allowed struct {
	name   string
	faults []primary.Fault
	more   []string
}

var allowedByRFC5936 = []allowed{
	{"a record a message, in reverse order", []primary.Fault{primary.OneByOne(), primary.Shuffled()}, nil},
	{"every record twice", []primary.Fault{primary.Duplicates()}, nil},
	{"no question in later messages", []primary.Fault{primary.NoQuestionLater(), primary.RecordsPerMessage(10)}, nil},
	{"records of another zone, which are dropped", []primary.Fault{primary.OutOfZone()}, nil},
	{"records of another class, which are dropped", []primary.Fault{primary.OtherClass()}, nil},
	{"an RRset with differing TTLs, which become the lowest", []primary.Fault{primary.DifferingTTLs()}, []string{
		`ttls.example.org. 60 IN TXT "300"`, `ttls.example.org. 60 IN TXT "60"`, `ttls.example.org. 60 IN TXT "600"`,
	}},
	{"an unknown type", []primary.Fault{primary.Unknown()}, []string{`unknown.example.org. 300 CLASS1 TYPE65280 \# 3 c0ffee`}},
	{"names that are not compressed", []primary.Fault{primary.Compressed(primary.None)}, nil},
	{"names that are compressed as deep as can be", []primary.Fault{primary.Compressed(primary.Chains)}, nil},
}

func TestWhatRFC5936AllowsIsTaken(t *testing.T) {
	t.Parallel()
	for _, c := range allowedByRFC5936 {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, s := startListener(t, plan{properties: []string{"ixfr off"}})
			p.On(primary.AXFR, c.faults...)
			p.Publish(t, hosts(zone, 2, 60))
			p.NotifyTo(t, s.Addr(), nil)
			ask.WaitSerial(t, s.Addr(), zone, 2)
			want := append(ask.Lines(primary.Parse(t, zone, hosts(zone, 2, 60))), c.more...)
			got := ask.AXFR(t, s.Addr(), zone, nil)
			slices.Sort(want)
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("served:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			if n := failed(t, s, zone); n != 0 {
				t.Errorf("%d transfers failed", n)
			}
		})
	}
}

// TestAVersionIsSeenAsAWhole transfers the zone out all the time while it changes. Each version has other hosts.
func TestAVersionIsSeenAsAWhole(t *testing.T) {
	t.Parallel()
	for name, ixfr := range map[string]string{"by IXFR": "ixfr on", "by AXFR": "ixfr off"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := startListener(t, plan{properties: []string{ixfr}})
			const last = 40
			seen := make(chan int)
			go func() { seen <- wholeVersions(t, s, last) }()
			for serial := uint32(2); serial <= last; serial++ {
				p.Publish(t, hosts(zone, serial, 5+100*int(serial%7)))
				p.NotifyTo(t, s.Addr(), nil)
				ask.WaitSerial(t, s.Addr(), zone, serial)
			}
			if n := <-seen; n < 2 {
				t.Errorf("only %d versions were seen", n)
			}
		})
	}
}

// wholeVersions transfers until it sees the last version, checks that none is mixed of two, and counts them.
func wholeVersions(t *testing.T, s *understudy.Server, last uint32) (n int) {
	var before uint32
	for serial := uint32(0); serial != last; {
		rrs, err := ask.FetchAXFR(s.Addr(), zone, nil)
		if err != nil {
			t.Error(err)
			return n
		}
		lines := ask.Lines(rrs[:len(rrs)-1])
		serial = serialOf(t, zone, rrs[0].String())
		count := 5
		if serial > 1 {
			count += 100 * int(serial%7)
		}
		want := ask.Lines(primary.Parse(t, zone, hosts(zone, serial, count)))
		if strings.Join(lines, "\n") != strings.Join(want, "\n") {
			t.Errorf("serial %d has %d records that are not all its own", serial, len(lines))
			return n
		}
		if serial != before {
			n++
		}
		before = serial
	}
	return n
}
