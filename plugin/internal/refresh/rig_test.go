package refresh

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/timers"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// rig is a Scheduler over fake primaries, on a fake clock.
type rig struct {
	*testing.T
	*fake
	s *Scheduler

	told     sync.Mutex
	outcomes []Outcome
	onTold   func(*Zone, Outcome)
}

// scenario runs a sentence. It fails when a goroutine is left behind after Close: synctest sees to that.
func scenario(t *testing.T, sentence string, o Options, run func(r *rig)) {
	t.Helper()
	t.Run(sentence, func(t *testing.T) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			r := &rig{T: t, fake: newFake()}
			o.Observe = r.observe
			if o.Jitter == nil {
				o.Jitter = func() float64 { return 0 }
			}
			r.s = NewScheduler(o)
			defer func() {
				r.s.Close()
				if r.overlaps > 0 {
					t.Errorf("%d times two refreshes of one zone ran together", r.overlaps)
				}
			}()
			run(r)
		})
	})
}

func (r *rig) observe(z *Zone, o Outcome) {
	r.told.Lock()
	r.outcomes = append(r.outcomes, o)
	call := r.onTold
	r.told.Unlock()
	if call != nil {
		call(z, o)
	}
}

// after lets time pass, and then all that is to happen at that moment.
func (r *rig) after(d time.Duration) {
	r.settled()
	time.Sleep(d)
	synctest.Wait()
}

func config(f Fetcher, addrs ...netip.AddrPort) *Config {
	c := &Config{Fetcher: f, IXFR: true, Clamps: timers.DefaultClamps()}
	for _, a := range addrs {
		c.Primaries = append(c.Primaries, xfr.Primary{Addr: a})
	}
	return c
}

// add begins with a zone and lets its first refresh end, unless it takes time.
func (r *rig) add(name string, addrs ...netip.AddrPort) *Zone {
	z := NewZone(owner.MustParse(name), config(r.fake, addrs...))
	r.s.Add(z)
	synctest.Wait()
	return z
}

// loaded begins with a zone that its first primary has loaded with serial 1, and forgets how.
func (r *rig) loaded(addrs ...netip.AddrPort) *Zone {
	r.Helper()
	for _, a := range addrs {
		r.serial(a, 1)
	}
	z := r.add("example.", addrs...)
	r.after(0)
	r.serves(z, 1)
	r.took(r.T)
	r.results()
	return z
}

func (r *rig) notify(z *Zone, from netip.AddrPort, s serial.Serial) bool {
	ok := r.s.Notify(z, Hint{From: from.Addr(), Serial: s, HasSerial: true})
	synctest.Wait()
	return ok
}

func (r *rig) serves(z *Zone, s serial.Serial) {
	r.Helper()
	switch v := z.Current(); {
	case v == nil:
		r.Errorf("nothing is served, not serial %s", s)
	case v.Serial() != s:
		r.Errorf("serial %s is served, not %s", v.Serial(), s)
	}
}

// asked compares the calls since the last time with a list like "soa A, ixfr A".
func (r *rig) asked(want string) {
	r.Helper()
	if got := strings.Join(r.took(r.T), ", "); got != want {
		r.Errorf("asked %q, want %q", got, want)
	}
}

// results are the outcomes since the last time.
func (r *rig) results() []Outcome {
	r.told.Lock()
	defer r.told.Unlock()
	list := r.outcomes
	r.outcomes = nil
	return list
}

// ended compares the outcomes since the last time with a list like "updated, current".
func (r *rig) ended(want string) {
	r.Helper()
	var list []string
	for _, o := range r.results() {
		list = append(list, o.Result.String())
	}
	if got := strings.Join(list, ", "); got != want {
		r.Errorf("ended %q, want %q", got, want)
	}
}

func (r *rig) due(z *Zone, in time.Duration) {
	r.Helper()
	if got := time.Until(z.Lease().Due); got != in {
		r.Errorf("due in %s, want %s", got, in)
	}
}

func (r *rig) expires(z *Zone, in time.Duration) {
	r.Helper()
	if got := time.Until(z.Lease().Expire); got != in {
		r.Errorf("expires in %s, want %s", got, in)
	}
}

// count is the number of outcomes of each result in a list.
func count(list []Outcome, what Result) (n int) {
	for _, o := range list {
		if o.Result == what {
			n++
		}
	}
	return n
}

func names(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("z%03d.example.", i)
	}
	return list
}

// order is the zones of the calls of one kind, each once, in order of the first such call.
func (f *fake) order(what string) (list []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		if c.what == what && !slices.Contains(list, c.zone) {
			list = append(list, c.zone)
		}
	}
	return list
}
