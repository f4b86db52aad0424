package interop_test

import (
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// toEDNS is what a scripted primary does with queries that have an OPT record.
func toEDNS(name string, do func(*primary.Reply)) primary.Fault {
	return primary.Custom(name, func(r *primary.Reply) {
		if r.Query.Msg.IsEdns0() != nil {
			do(r)
		}
	})
}

func refuse(rcode int) func(*primary.Reply) {
	return func(r *primary.Reply) {
		r.Rcode, r.AA, r.Records = rcode, false, nil
		r.OnMessage = append(r.OnMessage, func(m *primary.Message) { m.Additional = nil })
	}
}

func TestAPrimaryWithoutEDNS(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(*primary.Reply){
		"it answers FORMERR":        refuse(dns.RcodeFormatError),
		"it answers NOTIMP":         refuse(dns.RcodeNotImplemented),
		"it does not answer":        func(r *primary.Reply) { r.Pace.Silent = true },
		"something drops datagrams": func(r *primary.Reply) { r.Pace.Silent = r.Query.Net == "udp" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := primary.Start(t, primary.Config{Zone: zone})
			p.Publish(t, hosts(zone, 1, 50))
			p.OnAll(toEDNS(name, do))
			s := understudy.Start(t, understudy.Config{Corefile: plan{zone: peer.Zone{Name: zone}}.corefile(p.Addr())})
			ask.WaitSerial(t, s.Addr(), zone, 1)
			p.Publish(t, hosts(zone, 2, 50))
			p.NotifyTo(t, s.Addr(), nil)
			ask.WaitSerial(t, s.Addr(), zone, 2)
			s.WaitLog(t, `serial 2 \(was 1\) by ixfr`)
			if n, _ := s.Metrics(t, "metrics").Value("coredns_secondaryplus_refreshes_total", "zone="+zone, "result=failed"); n > 0 {
				t.Errorf("%v refreshes failed", n)
			}
		})
	}
}

// A secondary whose lease has run out and that answers all the same proves nothing, and gives nothing.
func TestAnExpiredUpstream(t *testing.T) {
	t.Parallel()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, hosts(zone, 1, 5))
	s := understudy.Start(t, understudy.Config{Corefile: plan{
		zone: peer.Zone{Name: zone}, properties: []string{"refresh 1s 1s", "retry 1s 1s"},
	}.corefile(p.Addr())})
	ask.WaitSerial(t, s.Addr(), zone, 1)
	p.OnAll(primary.Custom("EXPIRE 0", func(r *primary.Reply) {
		r.OnMessage = append(r.OnMessage, func(m *primary.Message) {
			opt := &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}
			opt.Option = []dns.EDNS0{&dns.EDNS0_EXPIRE{Code: dns.EDNS0EXPIRE}}
			m.Additional = []dns.RR{opt}
		})
	}))
	s.WaitLog(t, `refresh failed.*SOA check.*the primary's own lease has expired`)
	before := expiry(t, s)
	p.Publish(t, hosts(zone, 2, 5))
	p.NotifyTo(t, s.Addr(), nil)
	s.WaitMetricThat(t, "metrics", "coredns_secondaryplus_refreshes_total", ">= 4",
		func(v float64) bool { return v >= 4 }, "zone="+zone, "result=failed")
	if after := expiry(t, s); after != before {
		t.Errorf("the lease ends at %v, and ended at %v", after, before)
	}
	ask.WaitSerial(t, s.Addr(), zone, 1)
	p.OnAll()
	ask.WaitSerial(t, s.Addr(), zone, 2)
}
