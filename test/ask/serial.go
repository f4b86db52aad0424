package ask

import (
	"fmt"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// Serial is the serial that addr serves for zone: the one of an authoritative
// NOERROR answer with the SOA of the apex. Anything else is an error that says
// what came instead.
func Serial(addr, zone string, opts ...Option) (uint32, error) {
	zone = dns.Fqdn(zone)
	m, err := Query(addr, zone, dns.TypeSOA, opts...)
	if err != nil {
		return 0, err
	}
	if m.Rcode != dns.RcodeSuccess || !m.Authoritative {
		return 0, fmt.Errorf("%s, AA=%t", dns.RcodeToString[m.Rcode], m.Authoritative)
	}
	for _, rr := range m.Answer {
		if soa, ok := rr.(*dns.SOA); ok && dns.CanonicalName(soa.Hdr.Name) == dns.CanonicalName(zone) {
			return soa.Serial, nil
		}
	}
	return 0, fmt.Errorf("no SOA of %s in the answer", zone)
}

// WaitSerial waits until addr serves exactly this serial for zone, and ends
// the test with the last thing seen if that takes longer than Patience.
func WaitSerial(t testing.TB, addr, zone string, serial uint32, opts ...Option) {
	t.Helper()
	opts = append([]Option{Timeout(500 * time.Millisecond)}, opts...)
	Until(t, fmt.Sprintf("%s serves serial %d of %s", addr, serial, zone), func() error {
		got, err := Serial(addr, zone, opts...)
		if err == nil && got != serial {
			err = fmt.Errorf("serial %d", got)
		}
		return err
	})
}

// WaitRcode waits until addr answers the SOA query of zone with this RCODE:
// SERVFAIL for an expired zone, REFUSED for one that is gone.
func WaitRcode(t testing.TB, addr, zone string, rcode int, opts ...Option) {
	t.Helper()
	opts = append([]Option{Timeout(500 * time.Millisecond)}, opts...)
	Until(t, fmt.Sprintf("%s answers %s for %s", addr, dns.RcodeToString[rcode], zone), func() error {
		m, err := Query(addr, zone, dns.TypeSOA, opts...)
		if err == nil && m.Rcode != rcode {
			err = fmt.Errorf("%s", dns.RcodeToString[m.Rcode])
		}
		return err
	})
}

// Until polls a condition until it returns nil; if it still fails after
// Patience, the test ends with what was waited for and the last error.
func Until(t testing.TB, what string, condition func() error) {
	t.Helper()
	if err := Poll(Patience, condition); err != nil {
		t.Fatalf("gave up waiting until %s: %v", what, err)
	}
}

// Poll looks at a condition every Interval until it returns nil or the bound
// has passed, and returns its last error.
func Poll(bound time.Duration, condition func() error) error {
	deadline := time.Now().Add(bound)
	for {
		err := condition()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(Interval)
	}
}
