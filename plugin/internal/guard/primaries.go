package guard

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// Said is the serial that a primary has.
type Said struct {
	Primary netip.AddrPort
	Serial  serial.Serial
}

// A Standstill is that of all primaries that answer none has the version that is served, nor a newer one.
type Standstill struct {
	Have   serial.Serial
	Said   []Said // by the primaries that answer, the one to fetch from first
	Since  time.Time
	Now    time.Time
	Expire time.Duration // of the version that is served
}

// defaultAdopt is how long all primaries must agree on an older serial.
const defaultAdopt = time.Hour

// Back says what is to become of the zone: Hold while what is served stays, at least until a moment (zero: for good), and
// anything milder when what the primaries have is to be taken, older as it is.
//
// A serial that goes back is a primary that was restored from a backup, or one that was reset. RFC 1982 knows no way
// back, so that other secondaries refuse it until the zone expires.
func (p *Policy) Back(s Standstill) (f Finding, until time.Time) {
	rule, what := SerialBack, "is older than"
	if len(s.Said) > 0 && s.Said[0].Serial.Ambiguous(s.Have) {
		rule, what = SerialAmbiguous, "is exactly 2^31 serials from"
	}
	f = Finding{Rule: rule, Verdict: Hold}
	f.Verdict = p.meant(f)
	wait := p.adopt(rule, s.Expire)
	f.Reason = fmt.Sprintf("%s serial %s, at every primary that answers (%s), since %s", what, s.Have, saids(s.Said), stamp(s.Since))
	switch {
	case f.Verdict == Reject:
		f.Verdict = Hold
		f.Reason += ", and is never taken"
	case f.Verdict != Hold:
	case s.Now.Sub(s.Since) >= wait:
		f.Verdict = Warn
	default:
		until = s.Since.Add(wait)
		f.Reason += fmt.Sprintf(", is taken after %s", wait)
	}
	return f, until
}

// adopt is how long all primaries must agree.
func (p *Policy) adopt(rule Rule, expire time.Duration) time.Duration {
	if d, ok := p.Adopt[rule]; ok {
		return d
	}
	if expire > 0 {
		return min(defaultAdopt, expire/2)
	}
	return defaultAdopt
}

// Lagging is a primary that has an older version than another one since a moment that is longer ago than is tolerated.
func (p *Policy) Lagging(s Said, since time.Time) (Finding, bool) {
	return p.finding(PrimaryBehind, Warn, "is not at %s, which has serial %s and is behind others since %s", s.Primary, s.Serial, stamp(since))
}

// A Mismatch is between what is served and what a primary serves under the same serial.
type Mismatch struct {
	Primary              netip.AddrPort
	Pinned               bool // the zone stays with it
	Deletions, Additions int  // of records, from what is served to what the primary has
	Fresher              bool // it has signatures of the SOA that last longer
}

// Differing judges two contents with one serial: at the primary that the version came from, somebody changed a zone and
// not its serial; at another one, somebody changed one of two zones.
func (p *Policy) Differing(m Mismatch) (f Finding, found, adopt bool) {
	if !m.Pinned {
		f, found = p.finding(PrimariesDiffer, Warn,
			"is served by %s with other content (%d records fewer, %d more)", m.Primary, m.Deletions, m.Additions)
		return f, found, false
	}
	if m.Fresher {
		f, found = p.finding(SameSerial, Warn,
			"is signed anew at %s (%d records go, %d come), and is transferred again", m.Primary, m.Deletions, m.Additions)
		return f, found, true
	}
	f, found = p.finding(SameSerial, Warn,
		"has other content at %s (%d records fewer, %d more): a change needs another serial", m.Primary, m.Deletions, m.Additions)
	return f, found, false
}

// A Quorum is how many primaries must have the content of a version.
type Quorum struct {
	Need int // 0: there is no quorum
	Of   int // the first so many primaries are asked; 0: all
	Wait time.Duration
}

// DefaultQuorumWait is how long primaries may take to agree.
const DefaultQuorumWait = 30 * time.Minute

// Agreement says whether enough primaries have a version that is known since a moment: if not, it is held until another
// one. met says whether they have it.
func (p *Policy) Agreement(agree, of int, since, now time.Time) (f Finding, found, met bool, until time.Time) {
	if agree >= p.Quorum.Need {
		return Finding{}, false, true, time.Time{}
	}
	verdict, more := Hold, fmt.Sprintf(", is held for %s", p.Quorum.Wait)
	if until = since.Add(p.Quorum.Wait); !now.Before(until) {
		verdict, more, until = Warn, fmt.Sprintf(" after %s", p.Quorum.Wait), time.Time{}
	}
	f, found = p.finding(TooFew, verdict, "is at %d of %d primaries, %d must have it%s", agree, of, p.Quorum.Need, more)
	return f, found, false, until
}

// Corroborated are the findings about a version that enough primaries have. How large a change is says nothing any more;
// what is wrong with the content, a generator may have given to all of them.
func Corroborated(list []Finding) []Finding {
	for i, f := range list {
		if (f.Rule == Deletes || f.Rule == Updates) && f.Verdict == Hold {
			list[i].Verdict = Warn
		}
	}
	return list
}

// finding is what the policy makes of one; it is not found if the policy accepts it.
func (p *Policy) finding(r Rule, v Verdict, format string, args ...any) (Finding, bool) {
	f, _ := found(r, v, format, args...)
	f.Verdict = p.meant(f)
	return f, f.Verdict != Accept
}

func saids(list []Said) string {
	text := make([]string, len(list))
	for i, s := range list {
		text[i] = fmt.Sprintf("%s at %s", s.Serial, s.Primary)
	}
	return strings.Join(text, ", ")
}
