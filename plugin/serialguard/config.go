package serialguard

import (
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// stanza is one stanza of the Corefile.
type stanza struct {
	zones   []owner.Name
	enforce bool // else it only observes
	policy  *guard.Policy
	terms   terms
}

// terms are those on which a version that is held may be published.
type terms struct {
	approvals []approval
	windows   []window
	release   time.Duration // after which it is published if it is still there; 0: never
	longest   time.Duration // that it is held; 0: the default
	publish   bool          // what becomes of it then; else what is served stays
	signed    time.Duration // before signatures of what is served expire it is published, if its own are good
}

// An approval is of one content only.
type approval struct {
	serial serial.Serial
	digest string // "sha384:" and hexadecimal digits in lower case
}

// A window is a time in which whatever the primaries have is published.
type window struct {
	from   time.Time
	length time.Duration
}

func (w window) open(now time.Time) bool {
	return !now.Before(w.from) && now.Before(w.from.Add(w.length))
}

const (
	defaultSigned  = 24 * time.Hour
	defaultLongest = 48 * time.Hour // or half of EXPIRE, if that is less
)

// of finds the stanza of a zone: that with the longest of the names that the zone is, or lies below.
func of(list []*stanza, apex owner.Name) *stanza {
	var best *stanza
	length := 0
	for _, s := range list {
		for _, name := range s.zones {
			if apex.IsBelowOrEqual(name) && len(name) > length {
				best, length = s, len(name)
			}
		}
	}
	return best
}
