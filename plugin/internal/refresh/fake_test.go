package refresh

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

var (
	addrA = netip.MustParseAddrPort("192.0.2.1:53")
	addrB = netip.MustParseAddrPort("192.0.2.2:53")
	addrC = netip.MustParseAddrPort("192.0.2.3:53")

	errDown    = errors.New("down")
	errRefused = &xfr.RcodeError{Rcode: dns.RcodeRefused}
)

// The timers of every zone here.
const (
	refreshEach = time.Hour
	retryEach   = 10 * time.Minute
	expireAfter = 24 * time.Hour
)

// fake is a Fetcher whose primaries do as they are told.
type fake struct {
	mu        sync.Mutex
	primaries map[netip.AddrPort]*fakePrimary
	calls     []call

	probing      map[string]int // probes in flight, by zone
	fetching     map[string]int // transfers in flight, by zone
	from         map[netip.AddrPort]int
	maxProbing   int
	maxTransfers int
	maxFrom      map[netip.AddrPort]int
	overlaps     int // two refreshes of a zone at a time
}

// fakePrimary is the same for all zones, unless zones says otherwise.
type fakePrimary struct {
	serial   serial.Serial
	zones    map[string]serial.Serial
	gives    *serial.Serial // what a transfer brings, if not serial
	content  string         // what tells its zone from another one with that serial
	rtt      time.Duration
	transfer time.Duration // how long it takes
	down     error         // of everything
	broken   error         // of transfers
	deaf     error         // to SOA checks
	noNS     bool
	hangs    bool // until the context ends

	lease time.Duration // what it has left, as a secondary; 0: it tells none
	since time.Time     // when that was so; zero: always
	mute  bool          // it tells so to SOA checks only
}

type call struct {
	at   time.Time
	what string // soa, ixfr, axfr
	from netip.AddrPort
	zone string
}

func newFake() *fake {
	return &fake{
		primaries: map[netip.AddrPort]*fakePrimary{},
		probing:   map[string]int{}, fetching: map[string]int{},
		from: map[netip.AddrPort]int{}, maxFrom: map[netip.AddrPort]int{},
	}
}

// settled puts what a test has done before what a refresh does that a timer begins: a clock that is moved orders nothing.
func (f *fake) settled() {
	f.mu.Lock()
	defer f.mu.Unlock()
}

// set changes what a primary does.
func (f *fake) set(addr netip.AddrPort, change func(*fakePrimary)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.primaries[addr]
	if p == nil {
		p = &fakePrimary{}
		f.primaries[addr] = p
	}
	change(p)
}

func (f *fake) serial(addr netip.AddrPort, s serial.Serial) {
	f.set(addr, func(p *fakePrimary) { p.serial = s })
}

func (f *fake) at(addr netip.AddrPort, zone string) fakePrimary {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, ok := f.primaries[addr]
	if !ok {
		return fakePrimary{down: errDown}
	}
	answer := *p
	if s, ok := p.zones[zone]; ok {
		answer.serial = s
	}
	return answer
}

func (f *fake) note(what string, addr netip.AddrPort, zone string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, call{time.Now(), what, addr, zone})
	if what == "soa" {
		f.probing[zone]++
	} else {
		f.fetching[zone]++
		f.from[addr]++
		f.maxFrom[addr] = max(f.maxFrom[addr], f.from[addr])
	}
	if f.fetching[zone] > 1 || f.fetching[zone] == 1 && f.probing[zone] > 0 {
		f.overlaps++
	}
	f.maxProbing = max(f.maxProbing, len(f.probing))
	f.maxTransfers = max(f.maxTransfers, total(f.from))
}

func total(m map[netip.AddrPort]int) (n int) {
	for _, v := range m {
		n += v
	}
	return n
}

func (f *fake) done(what string, addr netip.AddrPort, zone string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if what != "soa" {
		f.fetching[zone]--
		f.from[addr]--
		return
	}
	if f.probing[zone]--; f.probing[zone] == 0 {
		delete(f.probing, zone)
	}
}

func wait(ctx context.Context, p fakePrimary, d time.Duration) error {
	if p.hangs {
		<-ctx.Done()
	}
	if d > 0 {
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", xfr.ErrStopped, context.Cause(ctx))
	}
	return p.down
}

func (f *fake) Probe(ctx context.Context, apex owner.Name, p xfr.Primary) (xfr.Probed, error) {
	name := apex.Canonical()
	f.note("soa", p.Addr, name)
	defer f.done("soa", p.Addr, name)
	asked := f.at(p.Addr, name)
	err := wait(ctx, asked, asked.rtt)
	if err == nil {
		err = asked.deaf
	}
	if err != nil {
		return xfr.Probed{}, &xfr.Error{Op: xfr.OpSOA, Primary: p.Addr, Err: err}
	}
	now := f.at(p.Addr, name)
	return xfr.Probed{SOA: zone.SOA{Serial: now.serial}, RTT: now.rtt, Granted: now.granted()}, nil
}

func (f *fake) Fetch(ctx context.Context, apex owner.Name, p xfr.Primary, have *zone.Version, o xfr.Options) (xfr.Fetched, error) {
	name, what, op, how := apex.Canonical(), "axfr", xfr.OpAXFR, xfr.ByAXFR
	if have != nil && o.IXFR && !o.Force {
		what, op, how = "ixfr", xfr.OpIXFR, xfr.ByIXFR
	}
	f.note(what, p.Addr, name)
	defer f.done(what, p.Addr, name)
	answer := f.at(p.Addr, name) // of the moment at which it was asked
	err := wait(ctx, answer, answer.transfer)
	if err == nil {
		err = answer.broken
	}
	granted := answer.granted()
	if answer.mute {
		granted = time.Time{}
	}
	got := answer.serial
	if answer.gives != nil {
		got = *answer.gives
	}
	switch {
	case err != nil:
	case o.Force:
	case have != nil && got == have.Serial():
		return xfr.Fetched{How: xfr.Unchanged, Serial: got, Offered: true, Granted: granted}, nil
	case have != nil && !got.Newer(have.Serial()):
		err = xfr.ErrOlder
	}
	if err != nil {
		return xfr.Fetched{}, &xfr.Error{Op: op, Primary: p.Addr, Err: err}
	}
	v, d := version(apex, have, got, !answer.noNS, answer.content)
	return xfr.Fetched{Version: v, Delta: d, How: how, Serial: got, Offered: true, Granted: granted, Duration: answer.transfer}, nil
}

// version is a zone of an SOA, and of an NS if wanted, and of other content.
func version(apex owner.Name, have *zone.Version, s serial.Serial, ns bool, content ...string) (*zone.Version, *zone.Delta) {
	t := zone.Replace(apex, have)
	soa := []byte{0, 0}
	for _, d := range []time.Duration{refreshEach, retryEach, expireAfter, time.Minute} {
		if len(soa) == 2 {
			soa = binary.BigEndian.AppendUint32(soa, uint32(s))
		}
		soa = binary.BigEndian.AppendUint32(soa, uint32(d/time.Second))
	}
	err := t.Add(zone.RR{Owner: apex, Type: dns.TypeSOA, TTL: 60, Data: soa})
	if err == nil && ns {
		err = t.Add(zone.RR{Owner: apex, Type: dns.TypeNS, TTL: 60, Data: []byte{0}})
	}
	for _, text := range content {
		if err == nil && text != "" {
			err = t.Add(zone.RR{Owner: apex, Type: dns.TypeTXT, TTL: 60, Data: append([]byte{byte(len(text))}, text...)})
		}
	}
	v, d, commitErr := t.Commit()
	if err = errors.Join(err, commitErr); err != nil {
		panic(err)
	}
	return v, d
}

// took is the calls since the last time, as "soa A", and forgets them. SOA checks run in parallel: those
// without a transfer between them are sorted.
func (f *fake) took(t *testing.T) []string {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []string
	for _, c := range f.calls {
		what := c.what + " " + letter(c.from)
		at := len(list)
		for c.what == "soa" && at > 0 && list[at-1] > what && strings.HasPrefix(list[at-1], "soa") {
			at--
		}
		list = slices.Insert(list, at, what)
	}
	f.calls = nil
	return list
}

func letter(a netip.AddrPort) string {
	if b := a.Addr().As4(); a.Addr().Is4() {
		return string('A' - 1 + rune(b[3]))
	}
	return a.String()
}

type fakeAddr = netip.AddrPort
