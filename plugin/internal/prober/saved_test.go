package prober

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/health"
)

func TestSavedStates(t *testing.T) {
	var saved []byte
	scenario(t, "are those at the end", Options{}, func(r *rig) {
		r.is(Refused, "1.1")
		r.configure(r.watches("1.1", "1.2", "1.3")...)
		r.after(10 * time.Second)
		r.p.Order("u", fake{name: "1.2"}.Key(), health.ForceDrain)
		r.p.Close()
		saved = r.p.Save()
	})
	scenario(t, "are there again in the next process", Options{}, func(r *rig) {
		if err := r.p.Restore(saved); err != nil {
			r.Fatal(err)
		}
		r.is(Timeout, "1.1", "1.2", "1.4")
		r.configure(r.watches("1.1", "1.2", "1.4")...)
		for name, want := range map[string]health.Phase{"1.1": health.Down, "1.2": health.Admin, "1.4": health.Unknown} {
			if got := r.phase(name); got != want {
				r.Errorf("%s: %s", name, got)
			}
		}
		r.probed("1.1", "0s")
		r.p.Order("u", fake{name: "1.2"}.Key(), health.Auto)
		if got := r.phase("1.2"); got != health.Up {
			r.Error(got)
		}
		r.configure(r.watches("1.3")...)
		if got := r.phase("1.3"); got != health.Up {
			r.Errorf("what is configured later was forgotten: %s", got)
		}
	})
	scenario(t, "are saved of what is not watched any more", Options{}, func(r *rig) {
		r.configure(r.watches("1.1", "1.2")...)
		r.after(10 * time.Second)
		r.p.Order("u", fake{name: "1.1"}.Key(), health.ForceDrain)
		r.configure(r.watches("1.2")...)
		r.configure()
		r.p.Close()
		saved = r.p.Save()
	})
	scenario(t, "and are there again, one after the other", Options{}, func(r *rig) {
		if err := r.p.Restore(saved); err != nil {
			r.Fatal(err)
		}
		r.configure(r.watches("1.2")...)
		r.configure(r.watches("1.2", "1.1")...)
		if got := r.phase("1.1"); got != health.Admin {
			r.Error(got)
		}
	})
	scenario(t, "an order is about its subject, whatever is checked", Options{}, func(r *rig) {
		w := r.watch("1.1")
		w.Subject = "s"
		r.configure(w)
		r.after(10 * time.Second)
		r.p.Order("u", w.Check.Key(), health.ForceDrain)
		other := r.watch("1.1")
		other.User, other.Subject, other.Check = "v", "s", fake{r: r, name: "1.5"}
		r.configure(other, r.watch("1.2"))
		if s, _ := r.p.State("v", other.Check.Key()); s.Override != health.ForceDrain || s.Seen != health.Unknown {
			r.Errorf("%+v", s)
		}
		r.p.Order("v", other.Check.Key(), health.Auto)
		r.configure(w)
		if s, _ := r.p.State("u", w.Check.Key()); s.Override != health.Auto {
			r.Errorf("the order of before counts again: %+v", s)
		}
	})
	scenario(t, "are not believed where they are of the future", Options{}, func(r *rig) {
		text := `{"version":1,"watches":[{"user":"u","kind":"tcp","addr":"192.0.1.1:53","state":{"seen":"DAMPED","until":"2999-01-01T00:00:00Z"}}]}`
		if err := r.p.Restore([]byte(text)); err != nil {
			r.Fatal(err)
		}
		r.configure(r.watch("1.1"))
		if s, _ := r.p.State("u", fake{name: "1.1"}.Key()); s.Seen != health.Damped || !s.Until.Equal(time.Now().Add(health.Defaults().Cap)) {
			r.Errorf("%+v", s)
		}
	})
	scenario(t, "are refused if they are none", Options{}, func(r *rig) {
		for _, text := range []string{"", "[]", `{"version":2}`, `{"version":1,"watches":[{"state":{"seen":"ILL"}}]}`} {
			if err := r.p.Restore([]byte(text)); !errors.Is(err, ErrSaved) {
				r.Errorf("%q: %v", text, err)
			}
		}
		if got := string(r.p.Save()); got != `{"version":1,"watches":[]}` {
			r.Error(got)
		}
	})
}

func TestViews(t *testing.T) {
	scenario(t, "are in order", Options{}, func(r *rig) {
		other, canary := r.watch("1.1"), r.watch("9.9")
		other.User, canary.Canary = "a", true
		r.configure(canary, r.watch("1.2"), r.watch("1.1"), other)
		got := ""
		for _, v := range r.p.Views() {
			got += fmt.Sprintf("%s %s %v %s; ", v.User, v.Key, v.Canary, v.State.Phase())
		}
		want := "a tcp 192.0.1.1:53 false UNKNOWN; u tcp 192.0.1.1:53 false UNKNOWN; " +
			"u tcp 192.0.1.2:53 false UNKNOWN; u tcp 192.0.9.9:53 true UNKNOWN; "
		if got != want {
			r.Error(got)
		}
	})
}
