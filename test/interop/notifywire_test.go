package interop_test

import (
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
)

// TestTheReplyToANOTIFY has what RFC 1996 §4.7 gives it, whatever the sections of no use hold (§3.9).
func TestTheReplyToANOTIFY(t *testing.T) {
	t.Parallel()
	p, s := startListener(t, plan{})
	stray, err := dns.NewRR("h1." + zone + " 300 A 192.0.2.99")
	if err != nil {
		t.Fatal(err)
	}
	for i, change := range []func(*dns.Msg){
		func(*dns.Msg) {},
		func(m *dns.Msg) { m.Answer = nil },
		func(m *dns.Msg) { m.Ns = []dns.RR{stray} },
		func(m *dns.Msg) { m.Extra = []dns.RR{stray} },
	} {
		serial := uint32(2 + i)
		p.Publish(t, hosts(zone, serial, 5))
		m := ask.Notify(t, s.Addr(), zone, serial, nil, ask.Message(change))
		if !m.Response || !m.Authoritative || m.Opcode != dns.OpcodeNotify || m.Rcode != dns.RcodeSuccess || len(m.Question) != 1 {
			t.Errorf("the reply is %v", m)
		}
		ask.WaitSerial(t, s.Addr(), zone, serial)
		if m := ask.Ask(t, s.Addr(), "h1."+zone, dns.TypeA); len(m.Answer) != 1 || m.Answer[0].(*dns.A).A.String() == "192.0.2.99" {
			t.Errorf("h1 is answered %v", m)
		}
	}
}

// TestANOTIFYWithAnOddNumberOfQuestionsDoesNoHarm: CoreDNS answers FORMERR to it.
func TestANOTIFYWithAnOddNumberOfQuestionsDoesNoHarm(t *testing.T) {
	t.Parallel()
	p, s := startListener(t, plan{})
	p.Publish(t, hosts(zone, 2, 5))
	asked := len(p.Queries())
	apex := dns.Question{Name: zone, Qtype: dns.TypeSOA, Qclass: dns.ClassINET}
	for _, questions := range [][]dns.Question{nil, {apex, apex}, {apex, apex, apex}} {
		for _, opts := range [][]ask.Option{nil, {ask.TCP()}} {
			opts = append(opts, ask.Message(func(m *dns.Msg) { m.Question = questions }))
			if m, err := ask.SendNotify(s.Addr(), zone, 2, nil, opts...); err != nil || m.Rcode != dns.RcodeFormatError {
				t.Errorf("%d questions are answered %v, %v", len(questions), m, err)
			}
		}
	}
	if now := p.Queries(); len(now) != asked {
		t.Errorf("the primary was asked: %v", now[asked:])
	}
	p.NotifyTo(t, s.Addr(), nil)
	ask.WaitSerial(t, s.Addr(), zone, 2)
}
