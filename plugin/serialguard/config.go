package serialguard

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/events"
	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// stanza is one stanza of the Corefile.
type stanza struct {
	zones    []owner.Name
	enforce  bool // else it only observes
	policy   *guard.Policy
	terms    terms
	audit    time.Duration
	history  int               // how many earlier versions are kept
	sinks    []events.Sink     // for alerts
	stateDir string            // empty: below where secondaryplus keeps the zone
	where    map[string]string // each property: its place in the Corefile
}

// dir is where the state of a zone is; empty: nowhere.
func (s *stanza) dir(zone *refresh.Config) string {
	switch {
	case s.stateDir != "":
		return s.stateDir
	case zone.Dir != "":
		return filepath.Join(zone.Dir, defaultStateDir)
	}
	return ""
}

const (
	defaultAudit    = time.Hour
	defaultHistory  = 3
	mostHistory     = 100
	defaultStateDir = "guard" // below secondaryplus's
)

// check says what of a stanza does not fit a zone of secondaryplus; nil: nothing.
func (s *stanza) check(name string, zone *refresh.Config) error {
	primaries, q := len(zone.Primaries), s.policy.Quorum
	switch {
	case q.Of > primaries:
		return fmt.Errorf("%s - Error during parsing: a quorum of %d primaries, and %s has %d", s.where["quorum"], q.Of, name, primaries)
	case q.Need > primaries:
		return fmt.Errorf("%s - Error during parsing: a quorum of %d, and %s has %d primaries", s.where["quorum"], q.Need, name, primaries)
	case s.terms.longest >= zone.Clamps.Expire.Max:
		return fmt.Errorf("%s - Error during parsing: hold_max %s is not shorter than the longest EXPIRE of %s, %s",
			s.where["hold_max"], s.terms.longest, name, zone.Clamps.Expire.Max)
	}
	return nil
}

// terms are those on which a version that is held may be published.
type terms struct {
	approvals []approval
	windows   []window
	release   time.Duration // after which it is published if it is still there; 0: never
	longest   time.Duration // that it is held; 0: the default
	then      outcome       // what becomes of it then
	signed    time.Duration // before signatures of what is served expire it is published, if its own are good
}

// An outcome is what becomes of something that was held for too long.
type outcome uint8

const (
	serve    outcome = iota // what is served stays
	release                 // it is published
	servfail                // what is served is not to be served any more
)

var outcomes = map[string]outcome{"serve": serve, "release": release, "servfail": servfail}

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
