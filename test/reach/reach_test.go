package reach_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

const zone = "example.org."

// content is a zone that is refreshed on NOTIFY only.
func content(serial uint32) string {
	return fmt.Sprintf("$TTL 300\n@ SOA ns hostmaster %d 86400 86400 864000 30\n@ NS ns\nns A 127.0.0.1\n", serial)
}

// change publishes a version at both primaries; the first one tells ours.
func change(t *testing.T, first, second *primary.Primary, s *understudy.Server, serial uint32) (line string) {
	t.Helper()
	mark := s.Mark()
	first.Publish(t, content(serial))
	second.Publish(t, content(serial))
	if m := first.NotifyTo(t, s.Addr(), nil); m.Rcode != dns.RcodeSuccess {
		t.Fatalf("the NOTIFY is answered %s", dns.RcodeToString[m.Rcode])
	}
	return s.WaitLogFrom(t, mark, fmt.Sprintf(`serial %d \(was %d\) by .*`, serial, serial-1))
}

// Drill 3: transfers from the pinned primary time out while they connect, and
// it goes on to answer and to notify over UDP.
func TestATCPBlackHoleIsTriedOnce(t *testing.T) {
	t.Parallel()
	addr := port.Addr(t, "127.0.0.1")
	second := primary.Start(t, primary.Config{Zone: zone})
	s := understudy.New(t, understudy.Config{Corefile: fmt.Sprintf(`%s:{{port}} {
		bind 127.0.0.1
		secondaryplus {
			transfer from %s %s
			limit connect 1s
		}
	}`, zone, addr, second.Addr())})
	t.Run("the zone comes from the first primary", func(t *testing.T) {
		first := primary.Start(t, primary.Config{Zone: zone, Addr: addr})
		first.Publish(t, content(1))
		s.Restart(t)
		ask.WaitSerial(t, s.Addr(), zone, 1)
	})
	first := primary.Start(t, primary.Config{Zone: zone, Addr: addr, TCP: primary.BlackHole})
	from := "from " + second.Addr()
	line := change(t, first, second, s, 2)
	if !strings.Contains(line, from) || !regexp.MustCompile("before that: .*"+regexp.QuoteMeta(addr)+": cannot connect").MatchString(line) {
		t.Errorf("the first change: %s", line)
	}
	asked := first.Count(primary.SOA)
	for serial := uint32(3); serial <= 5; serial++ {
		if line := change(t, first, second, s, serial); !strings.Contains(line, from) || strings.Contains(line, "before that") {
			t.Errorf("a later change: %s", line)
		}
	}
	if n := first.Count(primary.SOA); n < asked+3 {
		t.Errorf("the first primary was asked only %d times for its SOA after the first change", n-asked)
	}
}
