package restart_test

import (
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
)

// A secondary below us that was at an old serial gets deltas from before the kill, not the whole zone.
func TestIXFRFromBeforeARestart(t *testing.T) {
	from := primary.Start(t, primary.Config{Zone: zone})
	text := func(serial int) string {
		var changed string
		for i := range serial {
			changed += "x" + string(rune('0'+i)) + " 300 A 192.0.2.9\n"
		}
		return primary.Text(uint32(serial), 200, 3600, 1, 86400) + changed
	}
	from.Publish(t, text(1))
	ours := startWith(t, withTransferTo, from.Addr())
	ask.WaitSerial(t, ours.Addr(), zone, 1)
	for serial := 2; serial <= 4; serial++ {
		from.Publish(t, text(serial))
		from.NotifyTo(t, ours.Addr(), nil)
		ask.WaitSerial(t, ours.Addr(), zone, uint32(serial))
	}
	waitSaved(t, ours, 4)
	from.OnAll(primary.Refused())
	ours.Kill9()
	ours.Restart(t)
	for serial := uint32(1); serial <= 3; serial++ {
		rrs := ask.IXFR(t, ours.Addr(), zone, serial, nil)
		// SOA 4, SOA of the old, SOA 4, what was added, SOA 4.
		if want := 4 + int(4-serial); len(rrs) != want {
			t.Fatalf("from serial %d: %d records, not %d", serial, len(rrs), want)
		}
		if soa, ok := rrs[1].(*dns.SOA); !ok || soa.Serial != serial {
			t.Errorf("from serial %d: no deltas, but %v", serial, rrs[1])
		}
	}
}

const withTransferTo = `example.org:{{port}} {
	bind 127.0.0.1
	secondaryplus {
		transfer from PRIMARY
		transfer to *
		persist {{dir}}
	}
	prometheus 127.0.0.1:{{port:metrics}}
}
`
