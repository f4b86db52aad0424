package notify

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// TestRandomEvents has targets answer, or not, soon or late, while versions come and targets go. In the end
// every target that is left has been told of the newest version, and nothing is forgotten or left over.
func TestRandomEvents(t *testing.T) {
	for seed := range uint64(4) {
		scenario(t, fmt.Sprintf("seed %d", seed), func(r *rig) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			dice := rand.New(rand.NewPCG(seed, 2))
			addrs := make([]netip.AddrPort, 8)
			for i := range addrs {
				addrs[i] = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)}), 53)
			}
			r.answers(func(_ netip.AddrPort, m *dns.Msg) (time.Duration, bool) {
				m.Rcode = []int{dns.RcodeSuccess, dns.RcodeSuccess, dns.RcodeRefused, dns.RcodeNotImplemented}[dice.IntN(4)]
				return time.Duration(dice.Int64N(int64(8 * time.Second))), dice.IntN(3) > 0
			})
			told, newest := map[string]uint32{}, map[string]uint32{}
			zones := make([]*Zone, 40)
			for i := range zones {
				name := fmt.Sprintf("z%d.example.", i)
				zones[i] = r.zone(name)
				zones[i].observe = func(o Outcome) {
					r.mu.Lock()
					defer r.mu.Unlock()
					told[name+o.Target.String()] = uint32(o.Serial)
				}
			}
			for serial := range uint32(3000) {
				z := zones[rnd.IntN(len(zones))]
				if rnd.IntN(50) == 0 {
					r.s.Keep(z, nil)
					for _, a := range addrs {
						delete(newest, z.apex.Canonical()+a.String())
					}
				} else {
					list := addrs[:1+rnd.IntN(len(addrs))]
					r.tell(z, serial, list...)
					for _, a := range list {
						newest[z.apex.Canonical()+a.String()] = serial
					}
				}
				if rnd.IntN(3) == 0 {
					r.after(time.Duration(rnd.Int64N(int64(time.Second))))
				}
			}
			r.answers(saying(dns.RcodeSuccess, time.Millisecond))
			r.after(time.Hour)
			r.nothingLeft()
			for what, serial := range newest {
				if got, ok := told[what]; !ok || got != serial {
					t.Errorf("%s was told of %d, not of %d", what, got, serial)
				}
			}
		})
	}
}
