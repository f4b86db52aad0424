package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A history is what a journal file holds, up to the first frame that is not whole.
type history struct {
	steps    []step
	retained int   // steps, at the start, that led to the snapshot
	end      int64 // offset behind the last step; 0: there is no journal of this snapshot
	size     int64 // of the file
	loss     error // what is wrong behind end
}

// A step is a frame of a journal: a delta or a lease.
type step struct {
	at    int64 // offset of the frame
	kind  kind
	delta *zone.Delta
	lease lease
}

// readHistory reads the journal that belongs to a snapshot.
func readHistory(path string, of *header) (h history) {
	f, size, err := openToRead(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && size == 0 {
		return history{}
	}
	if err != nil {
		return history{loss: err}
	}
	defer f.Close()
	h.size = size
	r, release := newFrameReader(f, size)
	defer release()
	if h.loss = r.preamble(journalMagic); h.loss != nil {
		return h
	}
	k, payload, err := r.next(true)
	d := decoder{rest: payload}
	if err != nil || k != kindJournal || d.uint64() != of.generation || d.end("") != nil {
		// Of another generation: the crash came between the new snapshot and its journal. Nothing is lost then.
		if err != nil || k != kindJournal || d.end("") != nil {
			h.loss = damaged(err, "there is no header")
		}
		return h
	}
	for h.end = r.at; ; h.end = r.at {
		s, err := readStep(r, of.apex, len(h.steps) == h.retained)
		if err != nil {
			if !errors.Is(err, io.EOF) {
				h.loss = err
			}
			return h
		}
		if s.kind == kindRetained {
			h.retained++
		}
		h.steps = append(h.steps, s)
	}
}

// readStep reads a frame. A delta that led to the snapshot may only come at the start.
func readStep(r *frameReader, apex owner.Name, atStart bool) (step, error) {
	s := step{at: r.at}
	k, payload, err := r.next(true)
	if err != nil {
		return s, err
	}
	switch s.kind = k; {
	case k == kindLease:
		s.lease, err = decodeLease(payload)
	case k == kindDelta, k == kindRetained && atStart:
		s.delta, err = decodeDelta(payload, apex)
	default:
		err = fmt.Errorf("%w: the frame at octet %d does not belong there", ErrDamaged, s.at)
	}
	return s, err
}

// deltas are the deltas among the steps.
func deltas(steps []step) (list []*zone.Delta) {
	for _, s := range steps {
		if s.delta != nil {
			list = append(list, s.delta)
		}
	}
	return list
}
