package prober

import (
	"errors"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/health"
)

func TestReload(t *testing.T) {
	scenario(t, "what stays keeps its state, and its pace", Options{}, func(r *rig) {
		r.is(Refused, "1.1", "1.2")
		r.configure(r.watches("1.1", "1.2")...)
		r.after(5900 * time.Millisecond)
		if r.phase("1.1") != health.Down {
			r.Fatal(r.phase("1.1"))
		}
		r.locked(func() { clear(r.probes) })
		r.configure(r.watches("1.1", "1.3")...)
		if got := r.phase("1.1"); got != health.Down {
			r.Error(got)
		}
		if _, ok := r.p.State("u", fake{name: "1.2"}.Key()); ok {
			r.Error("1.2 is still there")
		}
		r.after(30 * time.Second)
		r.probed("1.1", "34s")
		r.probed("1.2", "")
		r.probed("1.3", "5.9s 15.9s 25.9s 35.9s")
	})
	scenario(t, "a quicker pace counts at once", Options{}, func(r *rig) {
		slow := r.watch("1.1")
		slow.Params.Interval = time.Hour
		r.configure(slow)
		r.after(time.Minute)
		r.configure(r.watch("1.1"))
		r.after(11 * time.Second)
		r.probed("1.1", "0s 1m10s")
	})
	scenario(t, "also of one that is down", Options{}, func(r *rig) {
		slow := r.watch("1.1")
		slow.Params.Down = time.Hour
		r.is(Refused, "1.1")
		r.configure(slow)
		r.after(time.Minute)
		r.configure(r.watch("1.1"))
		r.after(31 * time.Second)
		r.probed("1.1", "0s 2s 4s 1m30s")
	})
	scenario(t, "a target that goes and comes back while it is probed is not probed twice at a time", Options{}, func(r *rig) {
		r.is(Timeout, "1.1")
		r.configure(r.watch("1.1"))
		r.after(100 * time.Millisecond)
		r.configure()
		r.configure(r.watch("1.1"))
		r.after(1500 * time.Millisecond)
		r.probed("1.1", "0s")
		r.after(time.Second)
		r.probed("1.1", "2s")
	})
	scenario(t, "a target that goes while it is probed is forgotten", Options{}, func(r *rig) {
		r.is(Timeout, "1.1")
		r.configure(r.watch("1.1"))
		r.after(100 * time.Millisecond)
		r.configure()
		r.after(time.Hour)
		r.probed("1.1", "0s")
		r.moved("")
		r.p.mu.Lock()
		defer r.p.mu.Unlock()
		if n := len(r.p.targets) + len(r.p.machines) + len(r.p.due) + r.p.running; n != 0 {
			r.Errorf("%d things are left", n)
		}
	})
	scenario(t, "a target that goes while it waits for room is forgotten", Options{Workers: 1}, func(r *rig) {
		r.is(Timeout, "1.1")
		r.configure(r.watches("1.1", "1.2", "1.3")...)
		r.configure()
		r.after(time.Hour)
		if r.p.prompt.Len()+r.p.silent.Len() != 0 || len(r.probes) != 1 {
			r.Errorf("%d wait; probed: %v", r.p.prompt.Len(), r.probes)
		}
	})
	scenario(t, "what makes no sense changes nothing", Options{}, func(r *rig) {
		r.configure(r.watch("1.1"))
		r.after(time.Second)
		bad := r.watch("1.2")
		bad.Params.Fall = 0
		for name, set := range map[string][]Watch{
			"parameters": {bad},
			"twice":      r.watches("1.2", "1.2"),
			"no check":   {{User: "u", Params: health.Defaults()}},
		} {
			if err := r.p.Configure(set); !errors.Is(err, ErrWatch) {
				r.Errorf("%s: %v", name, err)
			}
		}
		if r.phase("1.1") != health.Up {
			r.Error("1.1 is gone")
		}
	})
}
