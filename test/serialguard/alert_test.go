package serialguard_test

import (
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/inbox"
	"github.com/understudy-dns/understudy/test/peer"
)

// What is held is told, with what would let it through, and that it is over.
func TestWhatIsHeldIsReported(t *testing.T) {
	t.Parallel()
	in := inbox.Start(t)
	p, s := start(t, calm(1, 50), "mode enforce", "report webhook "+in.URL+"/hook", "report alertmanager "+in.URL)
	publish(t, p, s, calm(2, 0))
	digest := wantHeld(t, s, 2, 1, "deletes", "")
	in.Want(t, "/hook ", `"alert":"CandidateHeld"`, `"state":"firing"`, `"zone":"example.org."`, `"serial":"2"`, `"serving":"1"`, digest, "deletes 50 of 52 names")
	in.Want(t, "/api/v2/alerts ", `"alertname":"CandidateHeld"`, `"zone":"example.org."`, digest)
	s.WaitMetricThat(t, "metrics", "coredns_understudy_alerts_total", "≥ 1", func(v float64) bool { return v >= 1 },
		"sink=webhook "+in.URL, "result=sent")
	publish(t, p, s, calm(3, 50))
	ask.WaitSerial(t, s.Addr(), zone, 3)
	in.Want(t, "/hook ", `"alert":"CandidateHeld"`, `"state":"resolved"`, `"endsAt"`)
}

func TestPrimariesThatDifferAreReported(t *testing.T) {
	t.Parallel()
	in := inbox.Start(t)
	a, b := real(t, peer.Knot, calm(5, 20)), real(t, peer.Named, calm(5, 20))
	s := startReal(t, 5, []*peer.Server{a, b}, "mode enforce", "audit 1s", "report webhook "+in.URL)
	load(t, b, s, 5, calm(5, 25))
	in.Want(t, `"alert":"PrimariesDisagree"`, `"severity":"critical"`, `"state":"firing"`, b.Addr())
	load(t, b, s, 5, calm(5, 20))
	in.Want(t, `"alert":"PrimariesDisagree"`, `"state":"resolved"`)
}

// A sink that is not there is told of, and holds up nothing.
func TestASinkThatIsNotThereHoldsUpNothing(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50), "mode enforce", "report webhook http://127.0.0.1:1/secret")
	publish(t, p, s, calm(2, 0))
	wantHeld(t, s, 2, 1, "deletes", "")
	publish(t, p, s, calm(3, 50))
	ask.WaitSerial(t, s.Addr(), zone, 3)
	if strings.Contains(s.Log(), "secret") {
		t.Error("the path of the sink is in the log")
	}
}
