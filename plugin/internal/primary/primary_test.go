package primary

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

var (
	a       = netip.MustParseAddrPort("192.0.2.1:53")
	b       = netip.MustParseAddrPort("192.0.2.2:53")
	c       = netip.MustParseAddrPort("192.0.2.3:53")
	t0      = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	errDown = errors.New("down")
)

func TestCandidates(t *testing.T) {
	have := serial.Serial(10)
	shut, was := Outage{Until: t0.Add(1)}, Outage{Until: t0}
	for _, tc := range []struct {
		name    string
		views   []View
		pin     Pin
		have    *serial.Serial
		want    []netip.AddrPort
		waiting bool
	}{
		{"a zone never loaded takes the newest", []View{{Addr: a, Serial: 1}, {Addr: b, Serial: 3}, {Addr: c, Serial: 2}}, Pin{}, nil, []netip.AddrPort{b, c, a}, false},
		{"the newest counts across the wrap", []View{{Addr: a, Serial: 4294967295}, {Addr: b, Serial: 1}}, Pin{}, nil, []netip.AddrPort{b, a}, false},
		{"one that failed is none", []View{{Addr: a, Err: errDown}, {Addr: b, Serial: 3}}, Pin{}, nil, []netip.AddrPort{b}, false},
		{"equal and older ones are none", []View{{Addr: a, Serial: 10}, {Addr: b, Serial: 9}}, Pin{}, &have, nil, false},
		{"the pinned one comes first although another is newer", []View{{Addr: a, Serial: 12}, {Addr: b, Serial: 11}}, Pin{Addr: b}, &have, []netip.AddrPort{b, a}, false},
		{"the zone waits for a pinned one that is behind", []View{{Addr: a, Serial: 12}, {Addr: b, Serial: 10}}, Pin{Addr: b, Trouble: t0.Add(-Tolerance + 1)}, &have, nil, true},
		{"not for longer than the tolerance", []View{{Addr: a, Serial: 12}, {Addr: b, Serial: 10}}, Pin{Addr: b, Trouble: t0.Add(-Tolerance)}, &have, []netip.AddrPort{a}, false},
		{"not for one that is down", []View{{Addr: a, Serial: 12}, {Addr: b, Err: errDown}}, Pin{Addr: b, Trouble: t0}, &have, []netip.AddrPort{a}, false},
		{"nor for one that is known to be", []View{{Addr: a, Serial: 12}, {Addr: b, Serial: 10, Health: Health{3, true}}}, Pin{Addr: b}, &have, []netip.AddrPort{a}, false},
		{"a healthier one comes before one that is newer", []View{{Addr: a, Serial: 12, Health: Health{Rank: 1}}, {Addr: b, Serial: 11}}, Pin{}, &have, []netip.AddrPort{b, a}, false},
		{"and before the pinned one", []View{{Addr: a, Serial: 11, Health: Health{Rank: 1}}, {Addr: b, Serial: 11}}, Pin{Addr: a}, &have, []netip.AddrPort{b, a}, false},
		{"not for one that is no longer configured", []View{{Addr: a, Serial: 12}}, Pin{Addr: b}, &have, []netip.AddrPort{a}, false},
		{"the nearer one of two equals comes first", []View{{Addr: a, Serial: 11, RTT: 250 * time.Millisecond}, {Addr: b, Serial: 11, RTT: 20 * time.Millisecond}}, Pin{}, &have, []netip.AddrPort{b, a}, false},
		{"small differences in distance do not count", []View{{Addr: a, Serial: 11, RTT: 90 * time.Millisecond}, {Addr: b, Serial: 11, RTT: 20 * time.Millisecond}}, Pin{}, &have, []netip.AddrPort{a, b}, false},
		{"one that cannot be connected to comes after those as new", []View{{Addr: a, Serial: 11, Lost: &Outages{Closed: shut}}, {Addr: b, Serial: 11, RTT: time.Second}, {Addr: c, Serial: 10}}, Pin{}, &have, []netip.AddrPort{b, a}, false},
		{"also where it is nearer and comes later", []View{{Addr: a, Serial: 11, RTT: time.Second}, {Addr: b, Serial: 11, Lost: &Outages{Closed: shut}}}, Pin{}, &have, []netip.AddrPort{a, b}, false},
		{"and comes first if it could not be connected to before", []View{{Addr: a, Serial: 11, Lost: &Outages{Closed: was}}, {Addr: b, Serial: 11}}, Pin{}, &have, []netip.AddrPort{a, b}, false},
		{"and before those that are older", []View{{Addr: a, Serial: 11}, {Addr: b, Serial: 12, Lost: &Outages{Closed: shut}}}, Pin{}, &have, []netip.AddrPort{b, a}, false},
		{"also if it is the pinned one", []View{{Addr: a, Serial: 11, Lost: &Outages{Closed: shut}}, {Addr: b, Serial: 11}, {Addr: c, Serial: 12}}, Pin{Addr: a}, &have, []netip.AddrPort{c, b, a}, false},
		{"if nobody can be connected to, the order is what it was", []View{{Addr: a, Serial: 11, Lost: &Outages{Closed: shut}, RTT: time.Second}, {Addr: b, Serial: 11, Lost: &Outages{Closed: shut}}}, Pin{}, &have, []netip.AddrPort{b, a}, false},
		{"SOA checks without an answer do not count here", []View{{Addr: a, Serial: 11, Lost: &Outages{Silent: shut}}, {Addr: b, Serial: 11}}, Pin{}, &have, []netip.AddrPort{a, b}, false},
	} {
		got, waiting := Params{}.Candidates(tc.views, tc.pin, tc.have, t0)
		var addrs []netip.AddrPort
		for _, v := range got {
			addrs = append(addrs, v.Addr)
		}
		if !slices.Equal(addrs, tc.want) || waiting != tc.waiting {
			t.Errorf("%s: %v (waiting %v)", tc.name, addrs, waiting)
		}
	}
}

func TestOrder(t *testing.T) {
	views := []View{{Addr: a, Serial: 11}, {Addr: b, Serial: 12}, {Addr: c, Serial: 11, Health: Health{Rank: 1}}}
	for _, tc := range []struct {
		name   string
		pinned netip.AddrPort
		want   []netip.AddrPort
	}{
		{"health comes first, then the serial", netip.AddrPort{}, []netip.AddrPort{b, a, c}},
		{"the pinned one before all that are as well", a, []netip.AddrPort{a, b, c}},
		{"and not before those that are better", c, []netip.AddrPort{b, a, c}},
	} {
		var addrs []netip.AddrPort
		for _, v := range (Params{}).Order(views, tc.pinned, t0) {
			addrs = append(addrs, v.Addr)
		}
		if !slices.Equal(addrs, tc.want) {
			t.Errorf("%s: %v", tc.name, addrs)
		}
	}
}

func TestPinMovesOnlyAfterTheTolerance(t *testing.T) {
	both := []netip.AddrPort{a, b}
	pin := Params{}.Fetched(Pin{}, a, both, t0)
	if pin.Addr != a {
		t.Fatal("the first fetch does not pin")
	}
	behind := []View{{Addr: a, Serial: 1}, {Addr: b, Serial: 2}}
	pin = pin.Observe(behind, t0)
	if pin.Trouble != t0 {
		t.Fatal("being behind is no trouble")
	}
	if got := pin.Observe(behind, t0.Add(time.Minute)).Trouble; got != t0 {
		t.Fatal("the trouble starts anew with each check")
	}
	if got := (Params{}).Fetched(pin, b, both, t0.Add(Tolerance-1)); got.Addr != a {
		t.Fatal("the pin moved too early")
	}
	if got := (Params{}).Fetched(pin, b, both, t0.Add(Tolerance)); got != (Pin{Addr: b}) {
		t.Fatalf("the pin did not move: %+v", got)
	}
	if got := pin.Observe([]View{{Addr: a, Serial: 2}, {Addr: b, Serial: 2}}, t0); !got.Trouble.IsZero() {
		t.Fatal("catching up does not end the trouble")
	}
	if got := pin.Observe([]View{{Addr: a, Err: errDown}, {Addr: b, Serial: 2}}, t0.Add(1)); got.Trouble != t0 {
		t.Fatal("being down after being behind is the same trouble")
	}
	if got := (Params{}).Fetched(pin, b, []netip.AddrPort{b, c}, t0); got.Addr != b {
		t.Fatal("a primary that is no longer configured keeps the pin")
	}
}

func TestParams(t *testing.T) {
	o := Params{Tolerance: time.Minute, Band: time.Millisecond}
	views := []View{{Addr: a, Serial: 12, RTT: 3 * time.Millisecond}, {Addr: b, Serial: 12, RTT: time.Millisecond}}
	have := serial.Serial(10)
	if got, _ := o.Candidates(views, Pin{}, &have, t0); got[0].Addr != b {
		t.Errorf("first is %s", got[0].Addr)
	}
	if got, _ := (Params{}).Candidates(views, Pin{}, &have, t0); got[0].Addr != a {
		t.Errorf("by default, first is %s", got[0].Addr)
	}
	pin := Pin{Addr: a, Trouble: t0}
	if o.Worn(pin, t0.Add(time.Minute-1)) || !o.Worn(pin, t0.Add(time.Minute)) || (Params{}).Worn(pin, t0.Add(time.Minute)) {
		t.Error("the tolerance is not heeded")
	}
}
