package serialguard

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/journal"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/shelf"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Approve implements refresh.Overruler.
func (g *gate) Approve(z *refresh.Zone, s serial.Serial, digest string) error {
	a, err := parseApproval(s.String(), digest)
	if err != nil {
		return fmt.Errorf("%w: %w", refresh.ErrOverrule, err)
	}
	h := z.Held()
	switch {
	case h == nil:
		return fmt.Errorf("%w: nothing is held", refresh.ErrOverrule)
	case h.Fetched.Version == nil:
		return fmt.Errorf("%w: of serial %s only the number is known; order 'retransfer' to have it", refresh.ErrOverrule, h.Serial)
	case h.Serial != a.serial || h.Ruling.Digest != a.digest:
		return fmt.Errorf("%w: what is held is serial %s with %s", refresh.ErrOverrule, h.Serial, h.Ruling.Digest)
	}
	process.approve(z, a)
	return nil
}

// A rollback is that the operator has put back a version.
type rollback struct {
	Serial serial.Serial `json:"serial"`
	Hash   shelf.Hash    `json:"hash"`
	Since  time.Time     `json:"since"`

	from shelf.Hash // what was served when it was ordered: from then on nothing else is published
}

// rolledBack is the rollback that counts while a version is served; nil: none does.
func (g *gate) rolledBack(z *refresh.Zone, served *zone.Version) *rollback {
	b := process.rolled(z)
	if b == nil || served == nil {
		return nil
	}
	if h := shelf.Hash(served.SetHash()); h != b.Hash && h != b.from {
		return nil
	}
	return b
}

// PutBack implements refresh.Overruler. The versions before are found one from the other.
func (g *gate) PutBack(z *refresh.Zone, want serial.Serial) (*zone.Version, error) {
	s := of(g.stanzas, z.Apex())
	if s == nil {
		return nil, fmt.Errorf("%w: the zone is not guarded", refresh.ErrOverrule)
	}
	a := g.archive(z, s)
	if a == nil {
		return nil, fmt.Errorf("%w: no versions are kept: there is neither 'state_dir' nor 'persist'", refresh.ErrOverrule)
	}
	v, err := g.find(z, a, want)
	if err != nil {
		return nil, err
	}
	b := &rollback{Serial: v.Serial(), Hash: shelf.Hash(v.SetHash()), Since: time.Now()}
	if served := z.Current(); served != nil {
		b.from = shelf.Hash(served.SetHash())
	}
	if err := g.mark(z, a, b); err != nil {
		return nil, err
	}
	process.roll(z, b)
	return v, nil
}

func (g *gate) find(z *refresh.Zone, a *archive, want serial.Serial) (*zone.Version, error) {
	a.settle()
	stem, served := g.stem(z), z.Current()
	reached := make(map[shelf.Hash]*zone.Version)
	if served != nil {
		reached[shelf.Hash(served.SetHash())] = served
	}
	var broken error
	for i, l := range a.versions(stem) {
		base := reached[l.BaseHash]
		switch {
		case l.Whole:
			base = served
		case base == nil:
			continue // the version after it is not kept: another one was put back
		}
		v, _, _, err := shelf.Read(a.path(stem, wasSuffix(i+1)), z.Apex(), base)
		if err != nil {
			broken = errors.Join(broken, err)
			continue
		}
		if v.Serial() == want {
			return v, nil
		}
		reached[shelf.Hash(v.SetHash())] = v
	}
	if broken != nil {
		return nil, fmt.Errorf("%w: serial %s is not found: %w", refresh.ErrOverrule, want, broken)
	}
	return nil, fmt.Errorf("%w: serial %s is none of those that are kept", refresh.ErrOverrule, want)
}

// mark makes a rollback outlive a restart.
func (g *gate) mark(z *refresh.Zone, a *archive, b *rollback) error {
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	path := a.path(g.stem(z), rollbackSuffix)
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// recallRollback reads the mark, when a zone is first looked at.
func (g *gate) recallRollback(z *refresh.Zone, s *stanza) {
	a := g.archive(z, s)
	if a == nil || process.rolled(z) != nil {
		return
	}
	text, err := os.ReadFile(a.path(g.stem(z), rollbackSuffix))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	b := new(rollback)
	if err == nil {
		err = json.Unmarshal(text, b)
	}
	if err != nil {
		failed(z.Name()+": whether a version was put back", err)
		return
	}
	if v := z.Current(); v == nil || shelf.Hash(v.SetHash()) != b.Hash {
		// The process died before it had saved the zone.
		log.Warningf("%s: serial %s was put back by order, and is not what was restored: order it again", z.Name(), b.Serial)
		g.forward(z, s)
		return
	}
	process.roll(z, b)
}

// Resume implements refresh.Overruler.
func (g *gate) Resume(z *refresh.Zone) error {
	s := of(g.stanzas, z.Apex())
	if s == nil || process.rolled(z) == nil {
		return fmt.Errorf("%w: no version was put back", refresh.ErrOverrule)
	}
	g.forward(z, s)
	return nil
}

// forward ends a rollback.
func (g *gate) forward(z *refresh.Zone, s *stanza) {
	process.roll(z, nil)
	if a := g.archive(z, s); a != nil {
		stem := g.stem(z)
		a.later(z.Name()+": the mark of a rollback", func() error { return a.remove(stem, rollbackSuffix) })
	}
}

// longestAccept is more than a serial and a digest need.
const longestAccept = 1024

// acceptFile looks for an approval that was put into the state directory, in a file with the zone's name, without the
// final dot, and .accept behind it: a serial and a digest. When it has approved what is held, its path is returned: it is
// to be removed.
func (g *gate) acceptFile(z *refresh.Zone) (path string, err error) {
	s := of(g.stanzas, z.Apex())
	if s == nil || s.dir(z.Config()) == "" {
		return "", nil
	}
	path = filepath.Join(s.dir(z.Config()), journal.ZonePart(z.Name())+acceptSuffix)
	given, written, err := readApproval(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if b := process.rolled(z); err == nil && b != nil && written.Before(b.Since) {
		err = fmt.Errorf("it is older than the order to put back serial %s", b.Serial)
	}
	if err == nil {
		err = g.Approve(z, given.serial, given.digest)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return path, nil
}

// readApproval reads a file with a serial and a digest, and nothing else: neither a device nor a pipe, nor more than that.
// It says when that was written, too.
func readApproval(path string) (a approval, written time.Time, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return a, written, err
	}
	if !info.Mode().IsRegular() || info.Size() > longestAccept {
		return a, written, errNoApproval
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return a, written, err
	}
	a, err = approvalIn(string(text))
	return a, info.ModTime(), err
}

func approvalIn(text string) (approval, error) {
	words := strings.Fields(text)
	if len(words) != 2 {
		return approval{}, errNoApproval
	}
	return parseApproval(words[0], words[1])
}

var errNoApproval = errors.New("a serial and a digest are needed, as in the log")
