package secondaryplus

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/notify"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/timers"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// below is the socket of a secondary that does not answer, and a stanza that names it.
func below(t *testing.T) (conn net.PacketConn, stanza string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn, "secondaryplus a.example {\n transfer from 127.0.0.1:1\n also_notify " + conn.LocalAddr().String() + "\n}"
}

// told is the serial of the next NOTIFY.
func told(t *testing.T, conn net.PacketConn) uint32 {
	t.Helper()
	buf := make([]byte, 512)
	n, _, err := conn.ReadFrom(buf)
	if err != nil {
		t.Fatal(err)
	}
	m := new(dns.Msg)
	if err := m.Unpack(buf[:n]); err != nil {
		t.Fatal(err)
	}
	return m.Answer[0].(*dns.SOA).Serial
}

func version(t *testing.T, serial uint32) *zone.Version {
	t.Helper()
	apex := owner.MustParse("a.example.")
	txn := zone.Replace(apex, nil)
	data := make([]byte, 22)
	binary.BigEndian.PutUint32(data[2:], serial)
	if err := txn.Add(zone.RR{Owner: apex, Type: dns.TypeSOA, TTL: 60, Data: data}); err != nil {
		t.Fatal(err)
	}
	v, _, err := txn.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAReloadDecidesWhomToTell(t *testing.T) {
	e := testEngine()
	gone, first := below(t)
	stays, second := below(t)
	old, next := instance(t, "k", first), instance(t, "k", second)
	mustAttach(t, e, old)
	m := old.order[0].member
	e.tell(m, version(t, 7))
	if got := told(t, gone); got != 7 || e.untold() != 1 {
		t.Fatalf("told of %d, %d pending", got, e.untold())
	}
	mustAttach(t, e, next)
	if e.untold() != 1 {
		t.Fatal("the new configuration counts before the old instance is shut down")
	}
	e.detach(old)
	if e.untold() != 0 {
		t.Fatal("a secondary that is not configured any more is still to be told")
	}
	e.tell(m, version(t, 8))
	if got := told(t, stays); got != 8 {
		t.Fatalf("told of %d", got)
	}
	e.detach(next)
	if e.untold() != 0 || e.sender != nil {
		t.Fatal("something is left")
	}
	e.tell(m, version(t, 9)) // the zone is gone: nobody is told
}

func TestTheOperatorTellsOfWhatIsServed(t *testing.T) {
	conn, _ := below(t)
	now := time.Now()
	for name, c := range map[string]struct {
		state *refresh.State
		want  bool
	}{
		"never loaded": {nil, false},
		"served":       {&refresh.State{Lease: timers.Timers{Refreshed: now, Expire: now.Add(24 * time.Hour)}}, true},
		"expired":      {&refresh.State{Lease: timers.Timers{Refreshed: now.Add(-48 * time.Hour), Expire: now.Add(-time.Hour)}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			e := testEngine()
			e.sender = notify.NewSender()
			defer e.sender.Close()
			apex := owner.MustParse("a.example.")
			m := &member{zone: refresh.NewZone(apex, &refresh.Config{Clamps: timers.DefaultClamps()})}
			e.byZone[m.zone] = m
			m.tellings.targets = []notify.Target{{Addr: conn.LocalAddr().(*net.UDPAddr).AddrPort()}}
			if c.state != nil {
				c.state.Version = version(t, 7)
				m.zone.Restore(*c.state, now)
			}
			if _, err := e.renotify(m); (err == nil) != c.want || err != nil && !errors.Is(err, errNothingToTell) {
				t.Fatalf("renotify: %v", err)
			}
			if c.want {
				if got := told(t, conn); got != 7 {
					t.Errorf("told of %d", got)
				}
			}
		})
	}
}

func TestComplaintsEndWithAnAcknowledgement(t *testing.T) {
	e := testEngine()
	p := instance(t, "k", stanzaA)
	mustAttach(t, e, p)
	defer e.detach(p)
	m := p.order[0].member
	one, other := netip.MustParseAddrPort("192.0.2.1:53"), netip.MustParseAddrPort("192.0.2.2:53")
	for range 3 {
		m.observeTelling(notify.Outcome{Target: one, Result: notify.Unanswered, Err: errors.New("why")})
		m.observeTelling(notify.Outcome{Target: other, Result: notify.Acknowledged})
	}
	if a, b := m.rare().peers[one], m.rare().peers[other]; a.complaints.count != 3 || b.complaints.count != 0 {
		t.Errorf("%d and %d complaints", a.complaints.count, b.complaints.count)
	}
	if last := m.rare().peers[one].last; last.Result != "unanswered" || last.Reason == "" {
		t.Errorf("the status tells %+v", last)
	}
	m.observeTelling(notify.Outcome{Target: one, Serial: 7, Result: notify.Acknowledged})
	if a := m.rare().peers[one]; a.complaints.count != 0 || a.last.Result != "acknowledged" || a.last.Reason != "" || a.last.Serial != 7 {
		t.Errorf("%d complaints are left, the status tells %+v", a.complaints.count, a.last)
	}
	if got := [...]uint64{m.rare().told[notify.Acknowledged].Load(), m.rare().told[notify.Unanswered].Load()}; got != [...]uint64{4, 3} {
		t.Errorf("counted %v", got)
	}
}
