package drills_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// flood sends n NOTIFYs for a serial from the primary's address, as fast as they are answered, and looks at the
// metrics all the time: one refresh runs at most, and one waits.
func flood(t *testing.T, s *understudy.Server, n int, serial uint32) {
	t.Helper()
	var senders sync.WaitGroup
	work := make(chan struct{}, n)
	for range n {
		work <- struct{}{}
	}
	close(work)
	for range 8 {
		senders.Go(func() {
			for range work {
				m, err := ask.SendNotify(s.Addr(), zone, serial, nil, ask.Timeout(ask.Patience))
				if err != nil || m.Rcode != dns.RcodeSuccess {
					t.Errorf("a NOTIFY is answered %v, %v", m, err)
				}
			}
		})
	}
	for len(work) > 0 {
		metrics := s.Metrics(t, "metrics")
		for _, name := range []string{"refreshes_running", "scheduler_queue"} {
			if v, ok := metrics.Value("coredns_secondaryplus_" + name); v > 1 || !ok {
				t.Errorf("%s is %v", name, v)
			}
		}
	}
	senders.Wait()
}

// many NOTIFYs come as fast as this machine can send and answer them: about ten thousand a second.
const many = 10000

func TestDrill13NOTIFYFloodDuringATransfer(t *testing.T) {
	t.Parallel()
	// A busy machine may take longer for the flood than a transfer may be idle.
	p, s := start(t, calm(1, 50), "ixfr off", "limit idle 5m")
	a := ask.Always(t, s.Addr(), "h49."+zone, dns.TypeA, ask.TCP())
	held, release := primary.Held(t)
	p.On(primary.AXFR, held)
	p.Publish(t, calm(2, 60))
	notify(t, p, s)
	p.WaitQuery(t, primary.AXFR, 2)
	flood(t, s, many, 2)
	release()
	ask.WaitSerial(t, s.Addr(), zone, 2)
	waitIdle(t, s)
	// One check at the start, one before the transfer, and one for all of the flood.
	if soas, axfrs := p.Count(primary.SOA), p.Count(primary.AXFR); soas > 3 || axfrs != 2 {
		t.Errorf("%d SOA checks and %d transfers for %d NOTIFYs", soas, axfrs, many)
	}
	metric(t, s, "notifies_total", many+1, "result=accepted")
	a.WantAllAnswered(t, 0)
}

// The serial that the NOTIFYs speak of does not exist. Checks that lead to nothing are held back, up to a second.
func TestDrill13NOTIFYFloodFromASpoofedAddress(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50))
	begin := time.Now()
	flood(t, s, many, 7)
	waitIdle(t, s)
	allowed := 12 + int(time.Since(begin)/time.Second) // the waits grow to a second within the first ones
	if soas, ixfrs := p.Count(primary.SOA), p.Count(primary.IXFR); soas > allowed || ixfrs > allowed {
		t.Errorf("%d SOA checks and %d IXFRs for %d NOTIFYs, at most %d of each were allowed", soas, ixfrs, many, allowed)
	}
	metric(t, s, "notifies_total", many, "result=accepted")
	wantServing(t, s, 1, 50)
	p.Publish(t, calm(2, 60))
	notify(t, p, s)
	ask.WaitSerial(t, s.Addr(), zone, 2)
}

func TestDrill14NOTIFYFromAStranger(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50))
	wantNothingAsked(t, p, s, func() {
		for range 3 {
			if m := ask.Notify(t, s.Addr(), zone, 2, nil, ask.From("127.0.0.9")); m.Rcode != dns.RcodeRefused {
				t.Errorf("it is answered %s", dns.RcodeToString[m.Rcode])
			}
		}
	})
	metric(t, s, "notifies_total", 3, "result=refused")
	status(t, s, "notifies.refused", "^3$")
	s.WaitLog(t, `NOTIFY from 127\.0\.0\.9 refused: no rule permits it`)
}

// wantNothingAsked checks that the primary gets no query on account of what is done. A NOTIFY that is permitted
// comes after it: by the time that it has led to its IXFR, the others would have led to something, too.
func wantNothingAsked(t *testing.T, p *primary.Primary, s *understudy.Server, do func()) {
	t.Helper()
	waitIdle(t, s)
	before := len(p.Queries())
	do()
	waitIdle(t, s)
	if now := p.Queries(); len(now) != before {
		t.Errorf("the primary was asked: %v", now[before:])
	}
	wantServing(t, s, 1, 50)
	p.Publish(t, calm(2, 60))
	notify(t, p, s)
	ask.WaitSerial(t, s.Addr(), zone, 2)
	if now := p.Queries(); len(now) != before+1 || now[before].Kind != primary.IXFR {
		t.Errorf("the primary was asked: %v, want one IXFR", now[before:])
	}
}

// Where the tsig plugin is in the block, it answers before us, and what it refuses is in the server's counts;
// where it is in another one of the same port, the message comes to us.
func TestDrill14NOTIFYWithAWrongKey(t *testing.T) {
	t.Parallel()
	key := ask.NewKey("known.")
	wrong := ask.Key{Name: key.Name, Secret: ask.NewKey("known.").Secret}
	stranger := ask.NewKey("stranger.")
	own := corefileWith(secret(key), "%s")
	beside := corefile("%s") + "beside.example:{{port}} {\nbind 127.0.0.1\n" + strings.Join(secret(key), "\n") + "\n}\n"
	for name, c := range map[string]struct {
		corefile string
		counted  func(*testing.T, *understudy.Server)
	}{
		"tsig in the zone's block": {own, func(t *testing.T, s *understudy.Server) {
			s.WaitMetric(t, "metrics", "coredns_dns_responses_total", 2, "rcode=NOTAUTH")
		}},
		"tsig in another block": {beside, func(t *testing.T, s *understudy.Server) {
			metric(t, s, "notifies_total", 2, "result=badkey")
			status(t, s, "notifies.badkey", "^2$")
			s.WaitLog(t, `NOTIFY from 127\.0\.0\.1 refused: `)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := primary.Start(t, primary.Config{Zone: zone})
			p.Publish(t, calm(1, 50))
			s := understudy.Start(t, understudy.Config{Corefile: fmt.Sprintf(c.corefile, p.Addr())})
			waitServed(t, s)
			wantNothingAsked(t, p, s, func() {
				for _, k := range []ask.Key{wrong, stranger} {
					if m, err := ask.SendNotify(s.Addr(), zone, 2, &k); m == nil || m.Rcode != dns.RcodeNotAuth {
						t.Errorf("it is answered %v, %v", m, err)
					}
				}
			})
			c.counted(t, s)
		})
	}
}

func TestDrill15NOTIFYDuringATransfer(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50), "ixfr off")
	held, release := primary.Held(t)
	p.OnNext(primary.AXFR, 1, held)
	p.Publish(t, calm(2, 60))
	notify(t, p, s)
	p.WaitQuery(t, primary.AXFR, 2)
	p.Publish(t, calm(3, 70))
	for range 5 {
		notify(t, p, s)
	}
	wantServing(t, s, 1, 50)
	release()
	ask.WaitSerial(t, s.Addr(), zone, 3)
	waitIdle(t, s)
	if soas, axfrs := p.Count(primary.SOA), p.Count(primary.AXFR); soas != 3 || axfrs != 3 {
		t.Errorf("%d SOA checks and %d transfers, want 3 and 3: at the start, for the NOTIFY, for those that came meanwhile", soas, axfrs)
	}
	s.WaitLog(t, `serial 2 \(was 1\) by axfr`)
	s.WaitLog(t, `serial 3 \(was 2\) by axfr`)
	metric(t, s, "notifies_total", 6, "result=accepted")
	metric(t, s, "transfers_total", 3, "kind=axfr", "result=succeeded")
}
