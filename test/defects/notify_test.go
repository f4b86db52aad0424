package defects_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

func TestD07ASlowTransferDoesNotWinOverANewerOne(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 5), "ixfr off")
	p.OnNext(primary.AXFR, 1, primary.Delayed(time.Second))
	p.Publish(t, calm(2, 6))
	var sent sync.WaitGroup
	sent.Go(func() { notify(t, p, s) }) // the stock plugin answers after the transfer only
	p.WaitQuery(t, primary.AXFR, 2)
	p.Publish(t, calm(3, 7))
	notify(t, p, s)
	slow := p.WaitDelivery(t, primary.AXFR, 2)
	next := p.WaitQuery(t, primary.AXFR, 3)
	if next.At.Before(slow.Query.At.Add(slow.Duration)) {
		t.Error("two transfers of one zone ran at the same time")
	}
	p.WaitDelivery(t, primary.AXFR, 3)
	sent.Wait()
	ask.WaitSerial(t, s.Addr(), zone, 3)
	wantServing(t, s, 3, "h6")
}

func TestD09ManyNOTIFYsCauseOneTransferAndAreAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 5), "ixfr off")
	held, release := primary.Held(t)
	p.On(primary.AXFR, held)
	p.Publish(t, calm(2, 6))
	for range 50 {
		notify(t, p, s) // while the transfer cannot end
	}
	p.WaitQuery(t, primary.AXFR, 2)
	release()
	ask.WaitSerial(t, s.Addr(), zone, 2)
	for _, idle := range []string{"refreshes_running", "scheduler_queue"} {
		s.WaitMetric(t, "metrics", "coredns_secondaryplus_"+idle, 0)
	}
	// One SOA check and one AXFR at the start, one for the first NOTIFY, and one
	// check for the other 49.
	if soas, axfrs := p.Count(primary.SOA), p.Count(primary.AXFR); soas > 3 || axfrs > 2 {
		t.Errorf("%d SOA queries and %d AXFRs", soas, axfrs)
	}
}

func TestD11AFailedTransferAfterNOTIFYIsTriedAgain(t *testing.T) {
	t.Parallel()
	p, s := start(t, timed(1, 5, 86400, 7200, 864000))
	p.OnNext(primary.AXFR, 1, primary.Refused())
	p.OnNext(primary.IXFR, 1, primary.Refused())
	p.Publish(t, timed(2, 6, 86400, 7200, 864000))
	notify(t, p, s)
	ask.WaitSerial(t, s.Addr(), zone, 2)
}

func TestD14AnAddressIsNotText(t *testing.T) {
	t.Parallel()
	p := primary.Start(t, primary.Config{Zone: zone, Addr: port.Addr(t, "::1")}) // as the peers' own tests, it needs IPv6
	p.Publish(t, calm(1, 5))
	odd := strings.Replace(p.Addr(), "[::1]", "[0:0:0:0:0:0:0:1]", 1)
	s := understudy.Start(t, understudy.Config{Corefile: strings.Replace(corefile(odd), "bind 127.0.0.1", "bind 127.0.0.1 ::1", 1)})
	ask.WaitSerial(t, s.Addr(), zone, 1)
	own := strings.Replace(s.Addr(), "127.0.0.1", "[::1]", 1)
	p.Publish(t, calm(2, 5))
	if m := p.NotifyTo(t, own, nil); m.Rcode != dns.RcodeSuccess {
		t.Errorf("the primary's NOTIFY is answered %s", dns.RcodeToString[m.Rcode])
	}
	ask.WaitSerial(t, s.Addr(), zone, 2)
	if m := ask.Notify(t, s.Addr(), zone, 3, nil, ask.From("127.0.0.9")); m.Rcode != dns.RcodeRefused {
		t.Errorf("a stranger's NOTIFY is answered %s", dns.RcodeToString[m.Rcode])
	}
}

func TestD15ANOTIFYForANameBelowTheZoneTransfersNothing(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 5))
	p.Publish(t, calm(2, 6))
	for _, name := range []string{"h1." + zone, "not.there." + zone} {
		if m := ask.Notify(t, s.Addr(), name, 2, nil); m.Rcode != dns.RcodeNotAuth {
			t.Errorf("NOTIFY for %s is answered %s", name, dns.RcodeToString[m.Rcode])
		}
	}
	noType := ask.Message(func(m *dns.Msg) { m.Opcode, m.Question[0].Qtype = dns.OpcodeNotify, dns.TypeA })
	ask.Ask(t, s.Addr(), zone, dns.TypeA, noType)
	ask.Until(t, "all NOTIFYs are counted", func() error {
		n, _ := s.Metrics(t, "metrics").Value("coredns_secondaryplus_notifies_total", "result=ignored")
		if n != 3 {
			return errors.New("not yet")
		}
		return nil
	})
	if n := len(p.Queries()); n != 2 {
		t.Errorf("the primary was asked: %v", p.Queries())
	}
	wantServing(t, s, 1, "h4")
}
