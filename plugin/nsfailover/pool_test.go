package nsfailover

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/plugin/internal/health"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/pool"
	"github.com/understudy-dns/understudy/plugin/internal/prober"
)

var (
	up      = health.State{Seen: health.Up}
	dead    = health.State{Seen: health.Down}
	damped  = health.State{Seen: health.Damped}
	drained = health.State{Seen: health.Up, Override: health.ForceDrain}
	ordered = health.State{Seen: health.Up, Override: health.ForceDown}
)

// With too few primaries and no backup: what is usable, what is only not to be used, and what is dead.
func TestWhatIsAnsweredWithTooFewPrimaries(t *testing.T) {
	for _, c := range []struct {
		name     string
		whenDown pool.WhenDown
		states   []health.State // of two primaries and a backup
		want     string
	}{
		{"one is drained", pool.AnswerPrimary, []health.State{up, drained, dead}, "1"},
		{"one is down by order", pool.AnswerPrimary, []health.State{up, ordered, dead}, "1"},
		{"one is damped", pool.AnswerPrimary, []health.State{up, damped, dead}, "1 2"},
		{"one is dead", pool.AnswerPrimary, []health.State{up, dead, dead}, "1 2"},
		{"the backup is drained", pool.AnswerBackup, []health.State{up, dead, drained}, "1"},
		{"nothing is wanted", pool.AnswerEmpty, []health.State{up, drained, dead}, ""},
		{"none is usable, one is drained", pool.AnswerPrimary, []health.State{dead, drained, dead}, "2"},
		{"none is usable, one is damped", pool.AnswerEmpty, []health.State{dead, damped, dead}, "2"},
		{"one is dead, one is down by order", pool.AnswerPrimary, []health.State{dead, ordered, dead}, "1"},
		{"both are down by order", pool.AnswerPrimary, []health.State{ordered, ordered, dead}, "1 2"},
		{"those that were answered last", pool.AnswerLast, []health.State{up, drained, dead}, "1"},
	} {
		p := twoAndABackup(t)
		p.params.MinUp, p.params.WhenDown = 2, c.whenDown
		r := newRuntime(poolID{"example.org.", "www.example.org."}, p)
		for i, a := range p.members() {
			r.tell(a, prober.Update{State: c.states[i]})
		}
		if got := answered(r); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		r.end()
	}
}

// What is the last resort changes by an order after another, and when what is drained comes back.
func TestTheLastResortChanges(t *testing.T) {
	p := twoAndABackup(t)
	p.params.WhenDown = pool.AnswerEmpty
	r := newRuntime(poolID{"example.org.", "www.example.org."}, p)
	defer r.end()
	tell := func(i int, s health.State) { r.tell(p.members()[i], prober.Update{State: s}) }
	for i := range p.members() {
		tell(i, dead)
	}
	for _, c := range []struct {
		state health.State
		want  string
	}{
		{drained, "2"}, {ordered, ""}, {drained, "2"},
		{health.State{Seen: health.Down, Override: health.ForceDrain}, ""}, {drained, "2"},
	} {
		if tell(1, c.state); answered(r) != c.want {
			t.Errorf("%+v: %q, want %q", c.state, answered(r), c.want)
		}
	}
}

// twoAndABackup is a pool of 192.0.2.1 and .2, with .3 as a backup.
func twoAndABackup(t *testing.T) *poolConfig {
	t.Helper()
	name, err := owner.Parse("www.example.org.")
	if err != nil {
		t.Fatal(err)
	}
	p := newPoolConfig(name, "")
	p.primary = []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")}
	p.backup = []netip.Addr{netip.MustParseAddr("192.0.2.3")}
	return p
}

// answered are the last octets of the IPv4 addresses that are answered.
func answered(r *runtime) string {
	var list []string
	for _, m := range r.answer.Load().list[0] {
		list = append(list, strings.TrimPrefix(m.Addr.String(), "192.0.2."))
	}
	return strings.Join(list, " ")
}
