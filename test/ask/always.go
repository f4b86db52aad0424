package ask

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// Asker asks one question again and again, until it is stopped.
type Asker struct {
	stop  context.CancelFunc
	done  sync.WaitGroup
	asked int
	wrong []string
}

// Always begins to ask. Every answer must be NOERROR with at least one record. It ends with the test, if not
// before.
func Always(t testing.TB, addr, name string, qtype uint16, opts ...Option) *Asker {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	a := &Asker{stop: stop}
	t.Cleanup(a.end)
	a.done.Go(func() {
		for ; ctx.Err() == nil; a.asked++ {
			m, err := Query(addr, name, qtype, append([]Option{Timeout(5 * time.Second)}, opts...)...)
			if err != nil {
				a.wrong = append(a.wrong, err.Error())
			} else if m.Rcode != dns.RcodeSuccess || len(m.Answer) == 0 {
				a.wrong = append(a.wrong, dns.RcodeToString[m.Rcode])
			}
		}
	})
	return a
}

func (a *Asker) end() {
	a.stop()
	a.done.Wait()
}

// WantAllAnswered stops asking. Datagrams that lie in the old socket when a reload closes it are lost with
// CoreDNS, whatever the plugin: lost says how many may be.
func (a *Asker) WantAllAnswered(t testing.TB, lost int) {
	t.Helper()
	a.end()
	timeouts := 0
	for _, w := range a.wrong {
		if strings.Contains(w, "timeout") || strings.Contains(w, "refused") && strings.Contains(w, "read") {
			timeouts++
			continue
		}
		t.Errorf("of %d queries one was answered %s", a.asked, w)
	}
	if timeouts > lost {
		t.Errorf("of %d queries %d were not answered", a.asked, timeouts)
	}
	if a.asked == 0 {
		t.Error("nothing was asked")
	}
}
