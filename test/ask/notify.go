package ask

import (
	"testing"

	"github.com/miekg/dns"
)

// Notify sends a NOTIFY for zone over UDP and returns the reply. The SOA in its
// answer section carries the serial (RFC 1996 §3.7); with serial 0 there is
// none. A nil key sends it unsigned.
func Notify(t testing.TB, addr, zone string, serial uint32, key *Key, opts ...Option) *dns.Msg {
	t.Helper()
	m, err := SendNotify(addr, zone, serial, key, opts...)
	if err != nil {
		t.Fatalf("NOTIFY %s for %s: %v", addr, zone, err)
	}
	return m
}

// SendNotify is Notify for callers that expect failure.
func SendNotify(addr, zone string, serial uint32, key *Key, opts ...Option) (*dns.Msg, error) {
	zone = dns.Fqdn(zone)
	all := []Option{Message(func(m *dns.Msg) { asNotify(m, zone, serial) })}
	if key != nil {
		all = append(all, Signed(*key))
	}
	return Query(addr, zone, dns.TypeSOA, append(all, opts...)...)
}

func asNotify(m *dns.Msg, zone string, serial uint32) {
	m.Opcode = dns.OpcodeNotify
	m.Authoritative = true
	if serial == 0 {
		return
	}
	m.Answer = []dns.RR{&dns.SOA{
		Hdr:     dns.RR_Header{Name: zone, Rrtype: dns.TypeSOA, Class: dns.ClassINET},
		Ns:      ".",
		Mbox:    ".",
		Serial:  serial,
		Refresh: 1, Retry: 1, Expire: 1, Minttl: 1,
	}}
}
