package secondaryplus

import (
	"slices"
	"sync"
	"testing"

	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

func TestWhatIsRareIsMadeOnce(t *testing.T) {
	var m member
	if m.steady(); m.noted() != &nothing || m.made.Load() != nil {
		t.Error("made for nothing")
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { m.rare().unproved.Add(1) })
	}
	all.Wait()
	if n := m.noted().unproved.Load(); n != 8 || nothing.unproved.Load() != 0 {
		t.Errorf("counted %d", n)
	}
}

// TestAZoneThatIsWellHasNothingRare: it is most of what a zone would cost.
func TestAZoneThatIsWellHasNothingRare(t *testing.T) {
	onStage(t, "loaded, refreshed, and asked for by the status and the metrics", func(s *stage) {
		p := s.begin("a.test.")
		m := s.catalog(p, "a.test.")
		m.log(refresh.Outcome{Result: refresh.Current})
		m.tellPrimaries(refresh.Outcome{Result: refresh.Current})
		s.e.describe(m, statusSource{s.e}.IDs()[0])
		if seriesOf(s.T, s.e); m.zone.Current() == nil || m.made.Load() != nil || m.tellings.zone != nil {
			t.Error("something was made")
		}
		s.end(p)
	})
}

func TestHolders(t *testing.T) {
	var h holders
	p, q := new(Plugin), new(Plugin)
	for _, a := range []*Plugin{p, q, p} {
		h.add(a)
	}
	if h.remove(p); !slices.Equal(h, holders{q}) {
		t.Errorf("%v", h)
	}
}
