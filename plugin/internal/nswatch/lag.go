package nswatch

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// History is when which serial of a zone was seen first, the oldest first. The zero History has seen none.
type History struct{ seen []firstSeen }

type firstSeen struct {
	serial serial.Serial
	at     time.Time
}

// mostSerials bounds what is remembered. A server that is further behind lags since the oldest of them.
const mostSerials = 256

// Clone is a copy that does not change with h.
func (h *History) Clone() History { return History{slices.Clone(h.seen)} }

// savedSeen is a serial in a saved history.
type savedSeen struct {
	Serial serial.Serial `json:"serial"`
	At     time.Time     `json:"at"`
}

// MarshalJSON implements json.Marshaler.
func (h History) MarshalJSON() ([]byte, error) {
	list := make([]savedSeen, len(h.seen))
	for i, f := range h.seen {
		list[i] = savedSeen{f.serial, f.at.Round(0).UTC()}
	}
	return json.Marshal(list)
}

// UnmarshalJSON implements json.Unmarshaler. What is no history is refused.
func (h *History) UnmarshalJSON(text []byte) error {
	var list []savedSeen
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	var read History
	for _, s := range list {
		n := len(read.seen)
		read.Note(s.Serial, s.At)
		if len(read.seen) == n || n > 0 && s.At.Before(read.seen[n-1].at) {
			return fmt.Errorf("serial %s is out of order", s.Serial)
		}
		if n == mostSerials-1 {
			break
		}
	}
	*h = read
	return nil
}

// Note has seen a serial at a moment. An older one than the newest is no news: somebody is behind.
func (h *History) Note(s serial.Serial, now time.Time) {
	if newest, ok := h.Newest(); ok && (s == newest || !s.Newer(newest)) {
		return
	}
	h.seen = append(h.seen, firstSeen{s, now})
	if extra := len(h.seen) - mostSerials; extra > 0 {
		h.seen = slices.Delete(h.seen, 0, extra)
	}
}

// Published has a serial be the newest whatever is known: what is here has gone back on purpose.
func (h *History) Published(s serial.Serial, now time.Time) {
	if newest, ok := h.Newest(); ok && s != newest && !s.Newer(newest) {
		h.seen = nil
	}
	h.Note(s, now)
}

// Newest is the newest serial; ok is false if there is none.
func (h *History) Newest() (s serial.Serial, ok bool) {
	if len(h.seen) == 0 {
		return 0, false
	}
	return h.seen[len(h.seen)-1].serial, true
}

// Behind is since when a server with the serial is behind: since a newer one was seen first. It is zero if it is not
// behind. A serial that cannot be compared (RFC 1982 §3.2) is behind since the newest.
func (h *History) Behind(s serial.Serial) time.Time {
	newest, ok := h.Newest()
	if !ok || s == newest || s.Newer(newest) {
		return time.Time{}
	}
	for _, f := range h.seen {
		if f.serial.Newer(s) {
			return f.at
		}
	}
	return h.seen[len(h.seen)-1].at
}

// lag finds servers that are behind for longer than the REFRESH of their SOA lets them: by then a secondary that works has
// asked, even if no NOTIFY reached it. It is critical when half of EXPIRE is over.
func lag(r *Round, h *History, out *Report) {
	if r.Here.Loaded {
		h.Note(r.Here.Serial, r.Now)
	}
	for i := range r.Seen {
		if r.Seen[i].Authority() {
			h.Note(r.Seen[i].Serial, r.Now)
		}
	}
	for i := range r.Seen {
		s := &r.Seen[i]
		if !s.Authority() {
			continue
		}
		at := Subject{Kind: Lag, Server: s.Server}
		since := h.Behind(s.Serial)
		behind := r.Now.Sub(since)
		if since.IsZero() || behind <= s.Refresh {
			out.good(at)
			continue
		}
		newest, _ := h.Newest()
		out.found(at, behind > max(s.Expire/2, s.Refresh), fmt.Sprintf("has serial %s, which is not in step with %s for longer than REFRESH", s.Serial, newest))
	}
}

// InStep says that every server that answers as an authority has the newest serial.
func InStep(r *Round, h *History) bool {
	for i := range r.Seen {
		if r.Seen[i].Authority() && !h.Behind(r.Seen[i].Serial).IsZero() {
			return false
		}
	}
	return true
}
