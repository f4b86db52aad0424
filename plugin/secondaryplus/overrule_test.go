package secondaryplus

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coredns/coredns/core/dnsserver"

	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/status"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// An overruled gate lets everything pass, and does as it is told.
type overruledGate struct {
	err      error // of every order
	earlier  *zone.Version
	approved []string
	resumed  int
	erased   []string
}

func (*overruledGate) Witnesses(*refresh.Zone) []netip.AddrPort                 { return nil }
func (*overruledGate) Judge(*refresh.Zone, refresh.Proposal) (r refresh.Ruling) { return r }
func (*overruledGate) Survey(*refresh.Zone, refresh.Survey) (a refresh.Advice)  { return a }
func (*overruledGate) Compare(*refresh.Zone, refresh.Comparison) (refresh.Ruling, bool) {
	return refresh.Ruling{}, false
}
func (*overruledGate) Recall(*refresh.Zone, *zone.Version, zone.SetHash) *refresh.Held { return nil }
func (*overruledGate) Ended(*refresh.Zone, bool)                                       {}

func (g *overruledGate) Erase(z *refresh.Zone) { g.erased = append(g.erased, z.Name()) }

func (g *overruledGate) Approve(z *refresh.Zone, s serial.Serial, digest string) error {
	g.approved = append(g.approved, fmt.Sprintf("%s %s %s", z.Name(), s, digest))
	return g.err
}

func (g *overruledGate) PutBack(_ *refresh.Zone, s serial.Serial) (*zone.Version, error) {
	if g.err == nil && g.earlier.Serial() != s {
		return nil, fmt.Errorf("%w: serial %s is not kept", refresh.ErrOverrule, s)
	}
	return g.earlier, g.err
}

func (g *overruledGate) Resume(*refresh.Zone) error {
	g.resumed++
	return g.err
}

func (g *overruledGate) Earlier(*refresh.Zone) []refresh.Earlier {
	return []refresh.Earlier{{Serial: 6, Records: 2, Until: time.Unix(1e9, 0)}}
}

const ordered = "a.test."

// do orders something for the zone, as the listener does.
func (s *stage) do(action, serial, digest string, wait bool) (status.Done, error) {
	s.Helper()
	o := status.Order{ID: statusSource{s.e}.Named(ordered)[0], Action: action, Serial: serial, Digest: digest, Wait: wait, From: "test"}
	done, err := statusSource{s.e}.Do(s.Context(), o)
	synctest.Wait()
	return done, err
}

// guarded is a block with a zone at serial 7, before which it had serial 6.
func (s *stage) guarded() (*Plugin, *overruledGate) {
	s.Helper()
	s.set(ordered)
	s.serials[ordered] = 6
	p := s.block(ordered + ": ixfr on")
	g := new(overruledGate)
	p.Guard(g)
	mustAttach(s.T, s.e, p)
	synctest.Wait()
	z := s.catalog(p, ordered).zone
	g.earlier = z.Current()
	s.set(ordered)
	s.e.current().Request(z)
	synctest.Wait()
	if got := z.Current().Serial(); got != 7 {
		s.Fatalf("serial %s is served", got)
	}
	return p, g
}

func wantDone(t *testing.T, done status.Done, err error, result string, complete bool) {
	t.Helper()
	if err != nil || done.Result != result || done.Complete != complete || done.Failed {
		t.Errorf("%+v, %v", done, err)
	}
}

func TestOrdersForAGuardedZone(t *testing.T) {
	onStage(t, "approve", func(s *stage) {
		p, g := s.guarded()
		before, _ := s.asked(ordered)
		done, err := s.do("approve", "7", "sha384:x", false)
		wantDone(s.T, done, err, "", false)
		done, err = s.do("approve", "7", "sha384:x", true)
		wantDone(s.T, done, err, "current", false)
		if probes, _ := s.asked(ordered); probes != before+2 {
			s.Errorf("refreshed %d times", probes-before)
		}
		if len(g.approved) != 2 || g.approved[1] != "a.test. 7 sha384:x" {
			s.Errorf("%q", g.approved)
		}
		s.end(p)
	})
	onStage(t, "rollback is waited for, and asks nobody", func(s *stage) {
		p, _ := s.guarded()
		before, _ := s.asked(ordered)
		done, err := s.do("rollback", "6", "", false)
		wantDone(s.T, done, err, "updated", true)
		if done.Serial == nil || *done.Serial != 6 || done.Primary != "" {
			s.Errorf("%+v", done)
		}
		if probes, _ := s.asked(ordered); probes != before || s.catalog(p, ordered).zone.Current().Serial() != 6 {
			s.Errorf("asked %d times", probes-before)
		}
		if d, _ := (statusSource{s.e}).Zone(statusSource{s.e}.IDs()[0]); len(d.Kept) != 1 || d.Kept[0].Serial != 6 || d.Transfer.Serial != 7 {
			s.Errorf("%+v, last transfer %+v", d.Kept, d.Transfer)
		}
		s.end(p)
	})
	onStage(t, "resume", func(s *stage) {
		p, g := s.guarded()
		if _, err := s.do("rollback", "6", "", true); err != nil {
			s.Error(err)
		}
		done, err := s.do("resume", "", "", true)
		wantDone(s.T, done, err, "updated", false)
		if *done.Serial != 7 || g.resumed != 1 {
			s.Errorf("%+v", done)
		}
		s.end(p)
	})
}

func TestOrdersThatAreRefused(t *testing.T) {
	onStage(t, "what cannot be done is told from what is not understood, and from what went wrong", func(s *stage) {
		p, g := s.guarded()
		wrong, disk := fmt.Errorf("%w: nothing is held", refresh.ErrOverrule), errors.New("the disk is full")
		for _, c := range []struct {
			action, serial string
			err            error // of the gate
			want           error
			text           string
		}{
			{"approve", "", nil, status.ErrOrder, "a serial is needed"},
			{"approve", "-1", nil, status.ErrOrder, "a serial is needed"},
			{"approve", "4294967296", nil, status.ErrOrder, "a serial is needed"},
			{"approve", "7", wrong, status.ErrState, "nothing is held"},
			{"approve", "7", disk, disk, ""},
			{"rollback", "", nil, status.ErrOrder, "a serial is needed"},
			{"rollback", "5", nil, status.ErrState, "serial 5 is not kept"},
			{"rollback", "6", disk, disk, ""},
			{"resume", "", wrong, status.ErrState, "nothing is held"},
			{"resume", "", disk, disk, ""},
		} {
			g.err = c.err
			done, err := s.do(c.action, c.serial, "sha384:x", true)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) || done.Result != "" {
				s.Errorf("%s %q: %+v, %v", c.action, c.serial, done, err)
			}
			if errors.Is(err, status.ErrState) && !errors.Is(c.want, status.ErrState) {
				s.Errorf("%s %q: it is told as what cannot be done: %v", c.action, c.serial, err)
			}
		}
		if got := s.catalog(p, ordered).zone.Current().Serial(); got != 7 {
			s.Errorf("serial %s is served", got)
		}
		s.end(p)
	})
	onStage(t, "a zone without a gate has nothing to overrule", func(s *stage) {
		s.set(ordered)
		p := s.begin(ordered + ": ixfr on")
		for _, action := range []string{"approve", "rollback", "resume"} {
			if _, err := s.do(action, "7", "", true); !errors.Is(err, status.ErrState) || !strings.Contains(err.Error(), "not guarded") {
				s.Errorf("%s: %v", action, err)
			}
		}
		s.end(p)
	})
	onStage(t, "a client that has gone, and a zone that is taken away", func(s *stage) {
		p, g := s.guarded()
		m := s.catalog(p, ordered)
		ctx, cancel := context.WithCancel(s.Context())
		s.e.current().Remove(m.zone)
		err := putBack(ctx, statusSource{s.e}, m, status.Order{Serial: "6"}, new(status.Done))
		if !errors.Is(err, status.ErrEnded) {
			s.Error(err)
		}
		cancel()
		err = putBack(ctx, statusSource{s.e}, m, status.Order{Serial: "6"}, new(status.Done))
		if err == nil || errors.Is(err, status.ErrState) {
			s.Error(err)
		}
		if g.resumed != 0 || m.zone.Current().Serial() != 7 {
			s.Errorf("resumed %d times", g.resumed)
		}
		s.end(p)
	})
}

// What is kept of a member that its catalog does not list any more is not for the next zone of that name (RFC 9432 §5.3).
func TestWhatAGateKeepsIsErasedWithAMember(t *testing.T) {
	onStage(t, "of one that is gone, and of one that was reset; not of those that a Corefile takes away", func(s *stage) {
		s.set(catz, "a a.test.", "b b.test.", "c c.test.")
		p := s.block(catz + ": catalog")
		g := new(overruledGate)
		p.Guard(g)
		mustAttach(s.T, s.e, p)
		synctest.Wait()
		s.update(p, catz, "x b.test.", "c c.test.")
		if got := strings.Join(g.erased, " "); got != "a.test. b.test." && got != "b.test. a.test." {
			s.Errorf("erased: %s", got)
		}
		g.erased = nil
		s.end(p)
		if len(g.erased) != 0 {
			s.Errorf("erased: %s", g.erased)
		}
	})
}

// Two server blocks may have the same key and the same zone, bound to two addresses.
func TestBlocksOfOneKeyAreToldApart(t *testing.T) {
	a, b, c := blockAt("127.0.0.1"), blockAt("127.0.0.2"), blockAt("127.0.0.1")
	c.key = "other"
	together := &siblings{plugins: []*Plugin{a, b, c}}
	for want, p := range map[string]*Plugin{".@127.0.0.1": a, ".@127.0.0.2": b, "other": c} {
		p.siblings = together
		if key, view := p.Identity(); key != want || view != "inside" {
			t.Errorf("%s, %s; want %s", key, view, want)
		}
	}
	if key, _ := a.Identity(); key != ".@127.0.0.1" {
		t.Errorf("asked again: %s", key)
	}
}

func blockAt(host string) *Plugin {
	return &Plugin{key: ".", site: &dnsserver.Config{ListenHosts: []string{host}, ViewName: "inside"}}
}
