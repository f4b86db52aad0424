package tell_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/understudy"
)

func TestSecondariesAreTold(t *testing.T) {
	t.Parallel()
	for _, kind := range peer.Kinds() {
		for _, signed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, signed: %t", kind, signed), func(t *testing.T) {
				t.Parallel()
				peer.Require(t, kind)
				number := port.Free(t, "127.0.0.1")
				line := fmt.Sprintf("also_notify 127.0.0.1:%d", number)
				below := peer.Config{Port: number, Zones: []peer.Zone{{Name: zone}}}
				var key *ask.Key
				if signed {
					k := ask.NewKey("told.example.")
					key = &k
					line += " key " + k.Name
					below.Keys = []peer.Key{k}
					below.Zones[0].AllowNotify = []peer.Access{{Key: k.Name}}
				}
				p, s := start(t, key, line)
				below.Zones[0].Primaries = []peer.Endpoint{{Addr: s.Addr()}}
				last := peer.Start(t, kind, below)
				last.WaitServing(t, zone, 1)
				for serial := uint32(2); serial <= 4; serial++ {
					change(t, p, s, serial)
					last.WaitServing(t, zone, serial)
				}
				// The first version was told before the peer was there, and may have been told again.
				s.WaitMetric(t, "metrics", "coredns_secondaryplus_notifies_pending", 0)
				s.WaitMetricThat(t, "metrics", "coredns_secondaryplus_notifies_sent_total", "≥ 3", func(v float64) bool { return v >= 3 }, "result=acknowledged")
				for _, result := range []string{"refused", "notimp", "unverified", "unanswered"} {
					waitSent(t, s, result, 0)
				}
			})
		}
	}
}

func TestAnUnknownKeyIsNamedInTheLog(t *testing.T) {
	t.Parallel()
	for _, kind := range peer.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			peer.Require(t, kind)
			key := ask.NewKey("unknown.example.")
			last := peer.Start(t, kind, peer.Config{Zones: []peer.Zone{{Name: zone, Text: content(1)}}})
			_, s := start(t, &key, "also_notify "+last.Addr()+" key "+key.Name)
			s.WaitLog(t, `NOTIFY of serial 1 to `+regexp.QuoteMeta(last.Addr())+`: the answer does not verify: .*does not know the key`)
			waitSent(t, s, "unverified", 1)
		})
	}
}

// The stock plugin would need two minutes for it, which is more than is waited for here.
func TestD23DeadTargetsDelayNobody(t *testing.T) {
	t.Parallel()
	live := listen(t, ok)
	var lines []string
	for range 19 {
		lines = append(lines, "also_notify "+listen(t, nil).addr)
	}
	p, s := start(t, nil, append(lines, "also_notify "+live.addr)...)
	for serial := uint32(1); serial <= 5; serial++ {
		if serial > 1 {
			change(t, p, s, serial)
		}
		waitSent(t, s, "acknowledged", float64(serial))
		if got := <-live.told; got != serial {
			t.Errorf("told of serial %d, not of %d", got, serial)
		}
	}
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_notifies_pending", 19)
}

func TestAChainKeepsOneSerial(t *testing.T) {
	t.Parallel()
	peer.Require(t, peer.NSD)
	second, number := port.Free(t, ""), port.Free(t, "127.0.0.1")
	p, top := start(t, nil, fmt.Sprintf("also_notify 127.0.0.1:%d", second))
	text := corefile(top.Addr(), nil, fmt.Sprintf("also_notify 127.0.0.1:%d", number))
	understudy.Start(t, understudy.Config{Corefile: strings.Replace(text, "{{port}}", fmt.Sprint(second), 1)})
	last := peer.Start(t, peer.NSD, peer.Config{Port: number, Zones: []peer.Zone{{
		Name: zone, Primaries: []peer.Endpoint{{Addr: fmt.Sprintf("127.0.0.1:%d", second)}},
	}}})
	last.WaitServing(t, zone, 1)
	for serial := uint32(2); serial <= 10; serial++ {
		change(t, p, top, serial)
		last.WaitServing(t, zone, serial)
	}
}

func TestASlowTargetIsToldOfTheNewestVersion(t *testing.T) {
	t.Parallel()
	gate := make(chan struct{})
	release := sync.OnceFunc(func() { close(gate) })
	slow := listen(t, func(*dns.Msg) bool {
		<-gate
		return true
	})
	t.Cleanup(release)
	p, s := start(t, nil, "also_notify "+slow.addr)
	for serial := uint32(2); serial <= 10; serial++ {
		change(t, p, s, serial)
	}
	release()
	waitSent(t, s, "acknowledged", 1)
	n, last := len(slow.told), uint32(0)
	for range n {
		last = <-slow.told
	}
	if last != 10 || n > 9 {
		t.Errorf("told %d times, at last of serial %d", n, last)
	}
}

func TestARefusalIsLoggedEverMoreSeldom(t *testing.T) {
	t.Parallel()
	for rcode, result := range map[int]string{dns.RcodeRefused: "refused", dns.RcodeNotImplemented: "notimp"} {
		t.Run(dns.RcodeToString[rcode], func(t *testing.T) {
			t.Parallel()
			l := listen(t, saying(rcode))
			p, s := start(t, nil, "also_notify "+l.addr)
			waitSent(t, s, result, 1)
			for serial := uint32(2); serial <= 4; serial++ {
				change(t, p, s, serial)
				waitSent(t, s, result, float64(serial))
			}
			line := `NOTIFY of serial %d to ` + regexp.QuoteMeta(l.addr) + `: answered ` + dns.RcodeToString[rcode]
			s.WaitLog(t, fmt.Sprintf(line, 4)+` \(4 times\)`)
			if regexp.MustCompile(fmt.Sprintf(line, 3)).MatchString(s.Log()) {
				t.Error("the third one is logged, too")
			}
			if n := len(l.told); n != 4 {
				t.Errorf("%d messages for 4 versions", n)
			}
		})
	}
}

func TestAReloadChangesWhomToTell(t *testing.T) {
	t.Parallel()
	hole, live := listen(t, nil), listen(t, ok)
	p, s := start(t, nil, "also_notify "+hole.addr)
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_notifies_pending", 1)
	s.Reload(t, corefile(p.Addr(), nil, "also_notify "+live.addr))
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_notifies_pending", 0)
	change(t, p, s, 2)
	if got := <-live.told; got != 2 {
		t.Errorf("told of serial %d", got)
	}
	waitSent(t, s, "acknowledged", 1)
}
