package serialguard

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/alerts"
	"github.com/understudy-dns/understudy/plugin/corefile"
	"github.com/understudy-dns/understudy/plugin/internal/events"
	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

func TestNothingIsRememberedOfAZoneThatIsNotGuardedAnyMore(t *testing.T) {
	play(t, "after a reload that took the gate away", 1, "mode enforce", func(r *drill) {
		r.history(1, 3)
		r.mustRollback(2)
		r.round()
		r.holds(3)
		if len(process.held) != 1 || len(process.orders) != 1 {
			t.Fatalf("%d zones held, %d with orders", len(process.held), len(process.orders))
		}
		c := *r.z.Config()
		c.Gate = nil
		r.z.Configure(&c)
		process.begin(r.z) // by a refresh that was under way
		if len(process.held) != 0 || len(process.orders) != 0 {
			t.Errorf("%d zones held, %d with orders", len(process.held), len(process.orders))
		}
		r.round()
		r.serves(3)
	})
	play(t, "after one that does not name it any more", 1, "mode enforce", func(r *drill) {
		r.publish(1, hosts(30)...)
		r.offer(1, 2)
		r.round()
		r.holds(2)
		r.g.stanzas = stanzasOf(t, "mode enforce")[:0]
		r.round()
		r.serves(2)
		if len(process.held) != 0 {
			t.Errorf("%d zones held", len(process.held))
		}
	})
}

func TestWhatIsHeldEndsWithTheModeThatHoldsIt(t *testing.T) {
	play(t, "a version is published, and an older serial is told of as before", 1, "mode enforce\nhold_max 1m then servfail", func(r *drill) {
		r.publish(5, hosts(30)...)
		r.offer(1, 4, hosts(30)...)
		r.round()
		r.holds(4)
		r.g.stanzas[0].enforce = false // as after a reload
		r.round()
		r.holdsNothing()
		r.after(time.Minute)
		r.serves(5)
		if r.z.Expired() || len(process.held) != 0 {
			r.Errorf("expired: %v; %d zones held", r.z.Expired(), len(process.held))
		}
	})
	play(t, "and when nobody answers, no moment that is over is waited for", 1, "mode enforce", func(r *drill) {
		r.publish(5, hosts(30)...)
		r.offer(1, 4, hosts(30)...)
		r.round()
		until := r.holds(4).Ruling.Again
		r.down(1)
		r.after(time.Until(until))
		if due := r.z.Lease().Due; !due.After(time.Now()) {
			r.Errorf("due %s ago", time.Since(due))
		}
	})
}

// A post is what a webhook is sent.
type post struct {
	Alert, State string
	Labels       map[string]string
}

// hooked are the alerts that a webhook is sent, while a gate is there.
func hooked(t *testing.T) (*gate, <-chan post) {
	t.Helper()
	posts := make(chan post, 16)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var p post
		text, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(text, &p)
		}
		if err != nil {
			t.Error(err)
		}
		posts <- p
	}))
	t.Cleanup(server.Close)
	before := process
	t.Cleanup(func() { process = before })
	process = newGuardian()
	process.runs = func(*corefile.Corefile) bool { return true }
	u, err := events.ParseURL(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{key: "k", server: "k", stanzas: stanzasOf(t, "mode enforce")}
	g.stanzas[0].sinks = []events.Sink{events.Webhook(u)}
	process.attach(g)
	t.Cleanup(func() { process.detach(g) })
	return g, posts
}

func wantPost(t *testing.T, posts <-chan post, alert, state string) {
	t.Helper()
	p := <-posts
	if p.Alert != alert || p.State != state || p.Labels["zone"] != apexName || p.Labels["server"] != "k" {
		t.Errorf("%+v, want %s %s", p, alert, state)
	}
}

// Alerts about a zone that is not there any more would go on for ever.
func TestTheAlertsOfAZoneEndWithIt(t *testing.T) {
	differ := []guard.Finding{{Rule: guard.PrimariesDiffer, Verdict: guard.Warn, Reason: "is another one"}}
	for name, end := range map[string]func(g *gate, z *refresh.Zone, memory *any){
		"it was taken away":        func(g *gate, z *refresh.Zone, _ *any) { g.Ended(z, true) },
		"it is not named any more": func(g *gate, z *refresh.Zone, memory *any) { g.unguarded(z, memory); g.Ended(z, false) },
	} {
		t.Run(name, func(t *testing.T) {
			g, posts := hooked(t)
			r := &drill{T: t}
			z := r.zone(g)
			alerts.Fire(g.heldAlert(z, &refresh.Held{Serial: 7, Since: noon}))
			wantPost(t, posts, alertHeld, "firing")
			var memory any
			m := g.remembered(z, g.stanzas[0], &memory)
			g.divided(z, m, differ)
			wantPost(t, posts, alertDisagree, "firing")
			v, _ := version(t, nil, "ns h 7"+soaTimers)
			m.alarmed = true
			alerts.Fire(g.releasedAlert(z, v, "signatures expire", nil))
			wantPost(t, posts, alertReleased, "firing")
			end(g, z, &memory)
			ended := map[string]bool{}
			for range 3 {
				p := <-posts
				if ended[p.Alert] = true; p.State != "resolved" {
					t.Errorf("%+v", p)
				}
			}
			if !ended[alertHeld] || !ended[alertDisagree] || !ended[alertReleased] {
				t.Errorf("%v", ended)
			}
		})
	}
}

// One zone of a series is told of: two would cost all metrics of the process.
func TestEverySeriesIsThereOnce(t *testing.T) {
	play(t, "also when two zones go by one name", 1, "mode enforce", func(r *drill) {
		z := r.zone(r.g)
		r.offer(1, 1, hosts(30)...)
		r.s.Add(z)
		r.after(0)
		r.held()
		r.s.Request(z)
		r.after(0)
		if len(process.held) != 2 {
			r.Fatalf("%d zones held", len(process.held))
		}
		gathered(r.T, holds{})
		r.s.Remove(z)
		z.End()
	})
}
