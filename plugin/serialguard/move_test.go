package serialguard

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/understudy-dns/understudy/plugin/alerts"
	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

// goBy has the zone go by another gate, as a reload does.
func (r *drill) goBy(next *gate) {
	r.Helper()
	process.attach(next)
	reconfigure(r.z, next)
	process.detach(r.g)
	r.g = next
}

func reconfigure(z *refresh.Zone, g *gate) {
	c := *z.Config()
	c.Gate = g
	z.Configure(&c)
}

func TestAZoneGoesOnUnderAnotherKey(t *testing.T) {
	const all = ".1.was .2.was .held .rollback"
	for name, change := range map[string]func(r *drill){
		"of the server block":         func(r *drill) { r.key = "other" },
		"and in another directory":    func(r *drill) { r.key, r.dir = "other", r.TempDir() },
		"or only another directory":   func(r *drill) { r.dir = r.TempDir() },
		"or the same one, a reload":   func(*drill) {},
		"in a directory that is made": func(r *drill) { r.dir = filepath.Join(r.TempDir(), "new") },
	} {
		play(t, "with what was put back, and all that is kept: "+name, 1, "mode enforce", func(r *drill) {
			r.history(1, 3)
			r.mustRollback(2)
			r.round()
			r.wantFiles(all)
			before := r.dir
			change(r)
			if err := os.MkdirAll(r.dir, 0o750); err != nil {
				r.Fatal(err)
			}
			r.goBy(r.gate(r.key, r.text))
			r.wantFiles(all)
			if got := r.kept(); got != "1" {
				r.Errorf("kept are %s", got)
			}
			if list, err := filepath.Glob(filepath.Join(before, "*.*.*.was")); err != nil || before != r.dir && len(list) > 0 {
				r.Errorf("left are %s: %v", list, err)
			}
			r.restart()
			r.round()
			r.serves(2)
			r.holds(3)
			if err := r.g.Resume(r.z); err != nil {
				r.Error(err)
			}
			r.round()
			r.serves(3)
			r.wantFiles(".1.was .2.was .3.was")
		})
	}
}

// A refresh that was under way asks the gate of before: what that one does is done under the new key.
func TestARefreshThatWasUnderWayGoesByTheNewKey(t *testing.T) {
	play(t, "with what it holds", 1, "mode enforce", func(r *drill) {
		r.history(1, 2)
		old := r.g
		r.goBy(r.gate("other", r.text))
		v, d := version(r.T, r.z.Current(), "ns h 3"+soaTimers)
		var memory any
		p := refresh.Proposal{Candidate: guard.Candidate{Old: r.z.Current(), Version: v, Delta: d}, Memory: &memory}
		if ruling := old.Judge(r.z, p); ruling.Verdict != guard.Hold {
			r.Fatalf("%+v", ruling)
		}
		r.wantFiles(".1.was .held")
		process.end(r.z)
	})
}

// Each of two zones goes to where the other one was.
func TestTwoZonesChangePlaces(t *testing.T) {
	play(t, "and each finds what is its own", 1, "mode enforce", func(r *drill) {
		there := r.TempDir()
		inside := func(dir string) *gate {
			g := r.gate("k", r.text)
			g.view, g.stanzas[0].stateDir = "inside", dir
			return g
		}
		other := inside(there)
		process.attach(other)
		z := r.zone(other)
		r.offer(1, 1, hosts(30)...)
		r.s.Add(z)
		r.after(0)
		r.history(2, 4)
		r.s.Request(z)
		r.after(0)
		here := r.dir
		r.dir = there
		next := inside(here)
		process.attach(next)
		reconfigure(z, next)
		r.goBy(r.gate("k", r.text))
		process.detach(other)
		r.publish(5, hosts(35)...)
		r.wantFilesIn(here, next.stem(z), ".1.was")
		r.wantFilesIn(there, r.g.stem(r.z), ".1.was .2.was .3.was")
		process.detach(next)
		r.s.Remove(z)
		z.End()
	})
}

func (r *drill) wantFilesIn(dir, stem, want string) {
	r.Helper()
	process.settle()
	list, err := filepath.Glob(filepath.Join(dir, stem+".*"))
	if err != nil {
		r.Fatal(err)
	}
	got := ""
	for i, path := range list {
		if i > 0 {
			got += " "
		}
		got += filepath.Base(path)[len(stem):]
	}
	if got != want {
		r.Errorf("on disk is %q, not %q", got, want)
	}
}

// The labels of alerts have the key of the server block.
func TestAlertsGoOnUnderAnotherKey(t *testing.T) {
	g, posts := hooked(t)
	r := &drill{T: t}
	z := r.zone(g)
	var memory any
	m := g.remembered(z, g.stanzas[0], &memory)
	v, _ := version(t, nil, "ns h 7"+soaTimers)
	m.alarmed, m.alarm = true, g.releasedAlert(z, v, "signatures expire", nil)
	alerts.Fire(m.alarm)
	wantPost(t, posts, alertReleased, "firing")
	next := &gate{key: "other", server: "other", stanzas: g.stanzas}
	reconfigure(z, next)
	wantPost(t, posts, alertReleased, "resolved")
	for range 2 {
		next.remembered(z, g.stanzas[0], &memory)
	}
	if p := <-posts; p.Alert != alertReleased || p.State != "firing" || p.Labels["server"] != "other" {
		t.Errorf("%+v", p)
	}
	next.calm(z, m)
	if p := <-posts; p.Alert != alertReleased || p.State != "resolved" || p.Labels["server"] != "other" {
		t.Errorf("%+v", p)
	}
}

// What Rename cannot do, between file systems, is done all the same.
func TestAFileIsCopied(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(t.TempDir(), "to")
	if err := os.WriteFile(from, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := copyFile(from, to); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(to); err != nil || string(text) != "text" {
		t.Errorf("%q, %v", text, err)
	}
	if there, err := carry(filepath.Join(dir, "none"), to); there || err != nil {
		t.Errorf("there: %v, %v", there, err)
	}
	if err := copyFile(from, dir); err == nil {
		t.Error("a directory was replaced")
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("left are %v, %v", list, err)
	}
}
