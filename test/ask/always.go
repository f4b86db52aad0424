package ask

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// Asker asks one question again and again, until it is stopped. Like every resolver it asks once more when
// nothing comes back, and gives up after a second of that.
type Asker struct {
	stop  context.CancelFunc
	done  sync.WaitGroup
	asked int
	again []string // why the first try brought nothing
	wrong []string
}

// Always begins to ask, and returns when the first question was put. Every answer must be NOERROR with at least one
// record. It ends with the test, if not before.
func Always(t testing.TB, addr, name string, qtype uint16, opts ...Option) *Asker {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	a := &Asker{stop: stop}
	t.Cleanup(a.end)
	opts = append([]Option{Timeout(2 * time.Second)}, opts...)
	begun := make(chan struct{})
	a.done.Go(func() {
		a.ask(addr, name, qtype, opts)
		close(begun)
		for a.asked = 1; ctx.Err() == nil; a.asked++ {
			a.ask(addr, name, qtype, opts)
		}
	})
	<-begun
	return a
}

func (a *Asker) ask(addr, name string, qtype uint16, opts []Option) {
	m, err := Query(addr, name, qtype, opts...)
	if err != nil {
		a.again = append(a.again, err.Error())
		err = Poll(time.Second, func() error {
			m, err = Query(addr, name, qtype, opts...)
			return err
		})
	}
	switch {
	case err != nil:
		a.wrong = append(a.wrong, err.Error())
	case m.Rcode != dns.RcodeSuccess || len(m.Answer) == 0:
		a.wrong = append(a.wrong, dns.RcodeToString[m.Rcode])
	}
}

func (a *Asker) end() {
	a.stop()
	a.done.Wait()
}

// WantAllAnswered stops asking. What lies in the old socket when a reload closes it, datagrams and connections
// that nobody accepted yet, is lost with CoreDNS, whatever the plugin: again says how many queries may have been
// put more than once for that.
func (a *Asker) WantAllAnswered(t testing.TB, again int) {
	t.Helper()
	a.end()
	for _, w := range a.wrong {
		t.Errorf("of %d queries one was answered %s", a.asked, w)
	}
	if n := len(a.again); n > again {
		t.Errorf("of %d queries %d were put more than once: %q", a.asked, n, a.again)
	}
	if len(a.again) > 0 {
		t.Logf("%d queries, %d of them put more than once", a.asked, len(a.again))
	}
	if a.asked == 0 {
		t.Error("nothing was asked")
	}
}
