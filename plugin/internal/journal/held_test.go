package journal

import (
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

func TestWhatIsHeldIsReadAsItWasWritten(t *testing.T) {
	noon := time.Date(2026, 11, 27, 12, 0, 0, 5, time.UTC)
	for _, h := range []held{
		{},
		{noon, noon, zone.SetHash{}},
		{noon, noon, zone.SetHash{1, 2}},
		{noon, noon.Add(time.Hour), zone.SetHash{1, 2}},
	} {
		text := appendHeld(nil, h)
		d := decoder{rest: text}
		got := d.held()
		if d.bad || len(d.rest) > 0 || !got.since.Equal(h.since) || !got.still.Equal(h.still) || got.hash != h.hash {
			t.Errorf("%v: %v, bad: %v, left: %d", h, got, d.bad, len(d.rest))
		}
		for n := range text {
			d := decoder{rest: text[:n]}
			if d.held(); !d.bad {
				t.Errorf("%v: %d of its octets are enough", h, n)
			}
		}
	}
	d := decoder{rest: []byte{heldOn + 1}}
	if d.held(); !d.bad {
		t.Error("there is something else")
	}
}
