package prober

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/health"
)

type noCheck struct{ key Key }

func (c noCheck) Key() Key                 { return c.key }
func (noCheck) Run(context.Context) Result { return Result{} }

// BenchmarkProbe is what a probe costs besides the check itself, for so many targets.
func BenchmarkProbe(b *testing.B) {
	for _, n := range []int{10, 1000, 10000} {
		for name, r := range map[string]Result{"well": {Outcome: OK, RTT: time.Millisecond}, "cut off": {Outcome: Timeout}} {
			if n > 1000 && r.Outcome != OK {
				continue
			}
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				p := newProber(Options{})
				var begun []*target
				p.run = func(c Check, _ time.Duration, _ func(Result)) { begun = append(begun, p.targets[c.Key()]) }
				var set []Watch
				for i := range n {
					addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1}), 53)
					set = append(set, Watch{Check: noCheck{Key{Kind: KindTCP, Addr: addr}}, Params: health.Defaults(), Tell: func(Update) {}})
				}
				if err := p.Configure(set); err != nil {
					b.Fatal(err)
				}
				now, probes := time.Now(), 0
				b.ReportAllocs()
				for probes < b.N {
					_, at := p.turn(now)
					if len(begun) == 0 {
						now = at
						continue
					}
					for _, t := range begun {
						p.finished(t, r, now)
						probes++
					}
					begun = begun[:0]
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(probes), "ns/probe")
			})
		}
	}
}

// TestSocketsAreBounded probes a thousand addresses of one listener, all of them due at once.
func TestSocketsAreBounded(t *testing.T) {
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	const n = 1000
	var open, most, wrong atomic.Int32
	var set []Watch
	for i := range n {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 1, byte(i >> 8), byte(i)}), l.Addr().(*net.TCPAddr).AddrPort().Port())
		set = append(set, Watch{Check: counted{TCP(addr, Source{}), &open, &most}, Params: health.Defaults(), Tell: func(u Update) {
			if u.State.Phase() != health.Up {
				wrong.Add(1)
			}
		}})
	}
	p := New(Options{Chance: func() float64 { return 0 }})
	if err := p.Configure(set); err != nil {
		t.Fatal(err)
	}
	end := time.Now().Add(10 * time.Second)
	for !p.Settled() && time.Now().Before(end) {
		<-time.After(time.Millisecond)
	}
	p.Close()
	if !p.Settled() || wrong.Load() != 0 || most.Load() > defaultWorkers {
		t.Errorf("settled %v, %d are not up, %d at a time", p.Settled(), wrong.Load(), most.Load())
	}
}

// counted counts the checks that run.
type counted struct {
	Check
	open, most *atomic.Int32
}

func (c counted) Run(ctx context.Context) Result {
	now := c.open.Add(1)
	defer c.open.Add(-1)
	for most := c.most.Load(); now > most && !c.most.CompareAndSwap(most, now); most = c.most.Load() {
		continue
	}
	return c.Check.Run(ctx)
}
