package notify

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

func TestRetries(t *testing.T) {
	scenario(t, "a target that does not answer is told five times, ever more seldom", func(r *rig) {
		z := r.zone("example.")
		r.tell(z, 1, addrA)
		r.after(2*time.Minute - 1)
		r.saw("A 1 at 0s, A 1 at 4s, A 1 at 12s, A 1 at 28s, A 1 at 1m0s")
		r.ended("")
		r.after(1)
		r.ended("A 1 unanswered after 5")
		r.after(time.Hour)
		r.saw("")
		r.nothingLeft()
	})
	scenario(t, "an answer ends it", func(r *rig) {
		r.tell(r.zone("example."), 1, addrA)
		r.answers(saying(dns.RcodeSuccess, time.Millisecond))
		r.after(time.Hour)
		r.saw("A 1 at 0s, A 1 at 4s")
		r.ended("A 1 acknowledged after 2")
		r.nothingLeft()
	})
	for rcode, want := range map[int]string{dns.RcodeNotImplemented: "notimp", dns.RcodeRefused: "refused", dns.RcodeNotAuth: "refused"} {
		scenario(t, dns.RcodeToString[rcode]+" ends it, too", func(r *rig) {
			r.answers(saying(rcode, time.Millisecond))
			r.tell(r.zone("example."), 1, addrA)
			r.after(time.Hour)
			r.saw("A 1 at 0s")
			r.ended("A 1 " + want + " after 1")
		})
	}
	scenario(t, "what cannot be sent is sent again, and the reason told", func(r *rig) {
		r.err = errors.New("no route")
		var got Outcome
		z := NewZone([]byte{0}, func(o Outcome) { got = o })
		r.tell(z, 1, addrA)
		r.after(time.Hour)
		if len(r.sent) != 5 || got.Result != Unanswered || !errors.Is(got.Err, r.err) {
			t.Errorf("%d sent; %+v", len(r.sent), got)
		}
	})
	scenario(t, "sockets are closed when nothing is waited for", func(r *rig) {
		r.answers(saying(dns.RcodeSuccess, time.Millisecond))
		r.after(0)
		r.idled.Store(0)
		r.tell(r.zone("example."), 1, addrA)
		if r.idled.Load() != 0 {
			t.Error("closed while an answer is waited for")
		}
		r.after(time.Millisecond)
		if r.idled.Load() == 0 {
			t.Error("not closed")
		}
	})
}

func TestNewerVersions(t *testing.T) {
	scenario(t, "a target that does not answer is told of the newest version next, and five times of that", func(r *rig) {
		z := r.zone("example.")
		r.tell(z, 1, addrA)
		r.after(30 * time.Second)
		r.saw("A 1 at 0s, A 1 at 4s, A 1 at 12s, A 1 at 28s")
		r.tell(z, 2, addrA)
		r.tell(z, 3, addrA)
		r.after(time.Hour)
		r.saw("A 3 at 32s, A 3 at 36s, A 3 at 44s, A 3 at 1m0s, A 3 at 1m32s")
		r.ended("A 3 unanswered after 5")
	})
	scenario(t, "many changes do not mean many messages to a target that does not answer", func(r *rig) {
		z := r.zone("example.")
		for i := range uint32(1000) {
			r.tell(z, i, addrA)
			r.after(10 * time.Millisecond)
		}
		r.saw("A 0 at 0s, A 399 at 4s, A 799 at 8s")
	})
	scenario(t, "a slow target is told of the newest version as soon as it has answered", func(r *rig) {
		r.answers(saying(dns.RcodeSuccess, 2*time.Second))
		z := r.zone("example.")
		for i := range uint32(100) {
			r.tell(z, i, addrA)
			r.after(10 * time.Millisecond)
		}
		r.after(time.Hour)
		r.saw("A 0 at 0s, A 99 at 2s")
		r.ended("A 99 acknowledged after 1")
	})
	scenario(t, "a version that waits for its turn is the newest one when that comes", func(r *rig) {
		r.answers(saying(dns.RcodeSuccess, time.Millisecond))
		var zones []*Zone
		for i := range perPeer + 1 {
			z := r.zone(fmt.Sprintf("z%d.example.", i))
			zones = append(zones, z)
			r.tell(z, 1, addrA)
		}
		r.tell(zones[perPeer], 2, addrA)
		r.after(time.Second)
		if last := r.sent[len(r.sent)-1]; len(r.sent) != perPeer+1 || last.serial != 2 {
			t.Errorf("%d sent, the last one of %d", len(r.sent), last.serial)
		}
	})
}

func TestStrangers(t *testing.T) {
	for what, forge := range map[string]func(m *dns.Msg){
		"another ID":         func(m *dns.Msg) { m.Id++ },
		"a query":            func(m *dns.Msg) { m.Response = false },
		"another opcode":     func(m *dns.Msg) { m.Opcode = dns.OpcodeQuery },
		"another name":       func(m *dns.Msg) { m.Question[0].Name = "example.net." },
		"another type":       func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeA },
		"another class":      func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS },
		"two questions":      func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) },
		"success of nothing": func(m *dns.Msg) { m.Question = nil },
	} {
		scenario(t, what+" is no answer", func(r *rig) {
			r.answers(func(_ netip.AddrPort, m *dns.Msg) (time.Duration, bool) {
				forge(m)
				return 0, true
			})
			r.tell(r.zone("example."), 1, addrA)
			r.ended("")
			r.answers(saying(dns.RcodeSuccess, 0))
			r.after(time.Minute)
			r.ended("A 1 acknowledged after 2")
		})
	}
	scenario(t, "an answer from another address is none", func(r *rig) {
		r.tell(r.zone("example."), 1, addrA)
		m := new(dns.Msg)
		if err := m.Unpack(r.sent[0].octets); err != nil {
			t.Fatal(err)
		}
		m.Response = true
		octets, _ := m.Pack()
		r.s.received(netip.IPv4Unspecified(), addrB, octets)
		r.ended("")
		r.s.received(netip.IPv4Unspecified(), addrA, octets)
		r.ended("A 1 acknowledged after 1")
	})
	scenario(t, "an error without the question is an answer", func(r *rig) {
		r.answers(func(_ netip.AddrPort, m *dns.Msg) (time.Duration, bool) {
			m.Question, m.Rcode = nil, dns.RcodeNotImplemented
			return 0, true
		})
		r.tell(r.zone("example."), 1, addrA)
		r.ended("A 1 notimp after 1")
	})
}

// testKey is the key k. with the secret of these tests.
func testKey(t *testing.T) *xfr.Key {
	t.Helper()
	key, err := xfr.NewKey("k.", "", secret)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestAnswersThatDoNotVerify(t *testing.T) {
	sign := func(m *dns.Msg) { m.SetTsig("k.", dns.HmacSHA256, 300, time.Now().Unix()) }
	for what, c := range map[string]struct {
		key   *xfr.Key
		forge func(*dns.Msg)
	}{
		"an unsigned answer to a signed NOTIFY":   {testKey(t), func(*dns.Msg) {}},
		"a signed answer to an unsigned NOTIFY":   {nil, sign},
		"an answer whose signature is of no key":  {testKey(t), sign},
		"an unsigned refusal of a signed message": {testKey(t), func(m *dns.Msg) { m.Rcode = dns.RcodeNotAuth }},
	} {
		scenario(t, what+" does not count, and is not asked for again", func(r *rig) {
			r.answers(func(_ netip.AddrPort, m *dns.Msg) (time.Duration, bool) {
				c.forge(m)
				return 0, true
			})
			var got []Outcome
			z := NewZone([]byte{0}, func(o Outcome) { got = append(got, o) })
			r.s.Tell(z, soa(z.apex, 1), []Target{{Addr: addrA, Key: c.key}})
			r.after(time.Hour)
			if len(got) != 1 || got[0].Result != Unverified || got[0].Sent != 1 || !errors.Is(got[0].Err, xfr.ErrTSIG) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestKeepDropsOthers(t *testing.T) {
	scenario(t, "of the targets that are gone nothing is told", func(r *rig) {
		z, other := r.zone("example."), r.zone("example.net.")
		r.tell(z, 1, addrA, addrB)
		r.after(time.Second)
		r.tell(other, 7, addrA)
		r.s.Keep(z, targets(addrB))
		r.after(4 * time.Second)
		r.saw("A 1 at 0s, B 1 at 0s, A 7 at 1s, B 1 at 4s, A 7 at 5s")
		r.s.Keep(z, nil)
		r.s.Keep(other, nil)
		r.nothingLeft()
		r.after(time.Hour)
		r.saw("")
		r.ended("")
	})
	scenario(t, "the next message has the new key", func(r *rig) {
		z := r.zone("example.")
		r.tell(z, 1, addrA)
		r.s.Keep(z, []Target{{Addr: addrA, Key: testKey(t)}})
		r.after(4 * time.Second)
		m := new(dns.Msg)
		if err := m.Unpack(r.sent[1].octets); err != nil || m.IsTsig() == nil {
			t.Errorf("%v %v", m, err)
		}
	})
	scenario(t, "after Close nothing is taken", func(r *rig) {
		r.s.Close()
		r.tell(r.zone("example."), 1, addrA)
		synctest.Wait()
		r.nothingLeft()
	})
}
