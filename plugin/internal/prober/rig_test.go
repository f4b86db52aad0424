package prober

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/health"
)

// rig is a Prober over targets that do as they are told, on a fake clock.
type rig struct {
	*testing.T
	p     *Prober
	begun time.Time

	mu      sync.Mutex
	probes  map[string][]time.Duration // of each target: when they began
	running map[string]int
	max     int // at a time, in all
	maxDead int // of those of which nothing is heard
	down    map[string]Outcome
	updates []Update
	frozen  []string
	observe int
}

// scenario runs in a bubble. Without jitter probes are where they are expected.
func scenario(t *testing.T, sentence string, o Options, run func(r *rig)) {
	t.Helper()
	t.Run(sentence, func(t *testing.T) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			r := &rig{T: t, begun: time.Now(), probes: map[string][]time.Duration{}, running: map[string]int{}, down: map[string]Outcome{}}
			if o.Chance == nil {
				o.Chance = func() float64 { return 0 }
			}
			o.Observe = func(Key, Result, time.Duration) { r.locked(func() { r.observe++ }) }
			o.Isolated = func(i health.Isolation, frozen bool) {
				r.locked(func() { r.frozen = append(r.frozen, fmt.Sprintf("%v at %s", frozen, time.Since(r.begun))) })
			}
			r.p = New(o)
			defer func() { r.p.Close() }()
			run(r)
		})
	})
}

func (r *rig) locked(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
}

// fake is a check of an address, named by its last two octets: "1.2" is 192.0.1.2.
type fake struct {
	r    *rig
	name string
	what string
}

func at(name string) netip.AddrPort { return netip.MustParseAddrPort("192.0." + name + ":53") }

func (f fake) Key() Key { return Key{Kind: KindTCP, Addr: at(f.name), What: f.what} }

func (f fake) Run(ctx context.Context) Result {
	r, dead := f.r, false
	r.locked(func() {
		r.probes[f.name] = append(r.probes[f.name], time.Since(r.begun))
		if r.running[f.name]++; r.running[f.name] > 1 {
			r.Errorf("%s is probed twice at a time", f.name)
		}
		dead = r.down[f.name] == Timeout
		all, silent := 0, 0
		for name, n := range r.running {
			if all += n; n > 0 && r.down[name] == Timeout {
				silent++
			}
		}
		r.max, r.maxDead = max(r.max, all), max(r.maxDead, silent)
	})
	defer r.locked(func() { r.running[f.name]-- })
	if dead {
		<-ctx.Done()
		return stopped(ctx)
	}
	select {
	case <-time.After(10 * time.Millisecond):
	case <-ctx.Done():
		return stopped(ctx)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if o := r.down[f.name]; o == Timeout {
		return failure(Timeout, errors.New("lost"))
	} else if o != "" {
		return failure(o, errors.New("as told"))
	}
	return Result{Outcome: OK, RTT: 10 * time.Millisecond}
}

// watch is what the user "u" watches, with the defaults.
func (r *rig) watch(name string) Watch {
	return Watch{User: "u", Check: fake{r: r, name: name}, Params: health.Defaults(), Tell: r.tell}
}

func (r *rig) watches(names ...string) (set []Watch) {
	for _, name := range names {
		set = append(set, r.watch(name))
	}
	return set
}

func (r *rig) tell(u Update) { r.locked(func() { r.updates = append(r.updates, u) }) }

func (r *rig) configure(set ...Watch) {
	r.Helper()
	if err := r.p.Configure(set); err != nil {
		r.Fatal(err)
	}
	synctest.Wait()
}

// is has targets fail from now on; OK ends that.
func (r *rig) is(o Outcome, names ...string) {
	r.locked(func() {
		for _, name := range names {
			if r.down[name] = o; o == OK {
				delete(r.down, name)
			}
		}
	})
}

// after lets time pass, and then all that is to happen at that moment.
func (r *rig) after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func (r *rig) phase(name string) health.Phase {
	s, ok := r.p.State("u", fake{name: name}.Key())
	if !ok {
		r.Errorf("%s is not watched", name)
	}
	return s.Phase()
}

// probed compares when a target was probed since the last time.
func (r *rig) probed(name, want string) {
	r.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if got := strings.Trim(fmt.Sprint(r.probes[name]), "[]"); got != want {
		r.Errorf("%s was probed at %s; want %s", name, got, want)
	}
	r.probes[name] = nil
}

// moved compares the changes since the last time with a list like "1.1 UP, 1.2 DOWN".
func (r *rig) moved(want string) {
	r.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []string
	for _, u := range r.updates {
		if u.Effect.Changed() {
			list = append(list, strings.TrimSuffix(strings.TrimPrefix(u.Key.Addr.String(), "192.0."), ":53")+" "+u.Effect.To.String())
		}
	}
	slices.Sort(list)
	if got := strings.Join(list, ", "); got != want {
		r.Errorf("moved: %s; want %s", got, want)
	}
	r.updates = nil
}

// froze compares when transitions were frozen or no longer, since the last time.
func (r *rig) froze(want string) {
	r.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if got := strings.Join(r.frozen, ", "); got != want {
		r.Errorf("frozen: %s; want %s", got, want)
	}
	r.frozen = nil
}
