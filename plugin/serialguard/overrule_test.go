package serialguard

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// wantRefused wants an error of an order that says something.
func wantRefused(t *testing.T, err error, text string) {
	t.Helper()
	if !errors.Is(err, refresh.ErrOverrule) || !strings.Contains(err.Error(), text) {
		t.Errorf("%v, want %q", err, text)
	}
}

// history publishes serials, each with a host less.
func (r *drill) history(from, to serial.Serial) {
	r.Helper()
	for s := from; s <= to; s++ {
		r.publish(s, hosts(40-int(s))...)
	}
}

func TestApproval(t *testing.T) {
	play(t, "of what is held, and of nothing else", 1, "mode enforce", func(r *drill) {
		wrong := digestPrefix + strings.Repeat("0", digestDigits)
		r.publish(1, hosts(30)...)
		wantRefused(r.T, r.g.Approve(r.z, 2, wrong), "nothing is held")
		r.offer(1, 2)
		r.round()
		h := r.holds(2)
		wantRefused(r.T, r.g.Approve(r.z, 2, ""), "not a digest")
		wantRefused(r.T, r.g.Approve(r.z, 2, wrong), "what is held is serial 2 with "+h.Ruling.Digest)
		wantRefused(r.T, r.g.Approve(r.z, 3, h.Ruling.Digest), "what is held is serial 2")
		r.round()
		r.serves(1)
		if err := r.g.Approve(r.z, 2, strings.ToUpper(h.Ruling.Digest)); err != nil {
			r.Error(err)
		}
		r.round()
		r.serves(2)
		r.holdsNothing()
		if len(process.orders) != 0 {
			r.Error("the approval is kept")
		}
	})
	play(t, "not of a serial of which there is nothing else", 1, "mode enforce", func(r *drill) {
		r.publish(9, hosts(30)...)
		r.offer(1, 8)
		r.round()
		r.holds(8)
		wantRefused(r.T, r.g.Approve(r.z, 8, some), "only the number is known")
	})
	play(t, "it is for one content: with that serial, another one is held", 1, "mode enforce", func(r *drill) {
		r.publish(1, hosts(30)...)
		r.offer(1, 2)
		r.round()
		if err := r.g.Approve(r.z, 2, r.holds(2).Ruling.Digest); err != nil {
			r.Error(err)
		}
		r.offer(1, 2, hosts(1)...)
		r.round()
		r.holds(2)
		r.serves(1)
	})
}

func TestVersionsArePutBack(t *testing.T) {
	play(t, "one from the other, and forwards again", 1, "history 9", func(r *drill) {
		r.history(1, 6)
		r.wantFiles(".1.was .2.was .3.was .4.was .5.was")
		if got := r.kept(); got != "5 4 3 2 1" {
			r.Errorf("kept are %s", got)
		}
		r.mustRollback(4)
		if n := r.z.Current().Records(); n != 38 {
			r.Errorf("%d records", n)
		}
		if got := r.kept(); got != "3 2 1" {
			r.Errorf("from 4 on, what can be put back is %s", got)
		}
		wantRefused(r.T, r.rollback(5), "serial 5 is none of those that are kept")
		r.mustRollback(2)
		r.round()
		r.holds(6)
		if err := r.g.Resume(r.z); err != nil {
			r.Error(err)
		}
		r.round()
		r.serves(6)
		if got := r.kept(); got != "2 5 4 3 2 1" {
			r.Errorf("after that, kept are %s", got)
		}
		r.mustRollback(5)
	})
	play(t, "there is nothing to put back", 1, "history 0", func(r *drill) {
		r.history(1, 3)
		r.wantFiles("")
		wantRefused(r.T, r.rollback(2), "serial 2 is none of those that are kept")
		wantRefused(r.T, r.g.Resume(r.z), "no version was put back")
	})
	play(t, "what is damaged is not put back, and the way to others leads not through it", 1, "history 9", func(r *drill) {
		r.history(1, 5)
		process.settle()
		path := process.archives[r.dir].path(r.g.stem(r.z), wasSuffix(2))
		text, err := os.ReadFile(path)
		if err != nil {
			r.Fatal(err)
		}
		text[len(text)/2] ^= 1
		if err := os.WriteFile(path, text, 0o600); err != nil {
			r.Fatal(err)
		}
		for _, s := range []serial.Serial{3, 2, 1} {
			wantRefused(r.T, r.rollback(s), "damaged")
		}
		r.mustRollback(4)
	})
	play(t, "a version that is whole on disk needs no way to it", 1, "history 9\nmode observe", func(r *drill) {
		r.history(1, 2)
		var many []string // of which so much changes that no difference is kept
		for range 30 {
			many = append(many, hosts(250)...)
		}
		for i := range many {
			many[i] = "t" + many[i][:strings.Index(many[i], " ")] + strings.Repeat("x", i%30) + " TXT " + strings.Repeat("y", 200)
		}
		slices.Sort(many)
		r.publish(3, slices.Compact(many)...)
		r.publish(4, hosts(20)...)
		r.publish(5, hosts(19)...)
		process.settle()
		if !process.archives[r.dir].versions(r.g.stem(r.z))[1].Whole {
			r.Fatal("serial 3 is kept as a difference")
		}
		r.mustRollback(3)
		r.mustRollback(2)
	})
	play(t, "the end of the disk is the end of that", 1, "history 9", func(r *drill) {
		r.history(1, 3)
		process.settle()
		if got := r.kept(); got != "2 1" {
			r.Errorf("kept are %s", got)
		}
		if err := os.RemoveAll(r.dir); err != nil {
			r.Fatal(err)
		}
		wantRefused(r.T, r.rollback(2), "no such file")
		r.history(4, 5) // they are published all the same
		if len(process.orders) != 0 {
			r.Error("a rollback that failed counts")
		}
	})
}

func TestWhileAVersionIsPutBack(t *testing.T) {
	play(t, "nothing else is published from the moment of the order on", 1, "", func(r *drill) {
		r.history(1, 3)
		v, err := r.g.PutBack(r.z, 2)
		if err != nil {
			r.Fatal(err)
		}
		r.offer(1, 4, hosts(30)...)
		r.round() // of somebody else, who was quicker
		r.serves(3)
		if _, err := r.s.PutBack(r.Context(), r.z, v); err != nil {
			r.Error(err)
		}
		r.serves(2)
		r.round()
		r.serves(2)
		r.holds(4)
	})
	play(t, "a window, a time and an approval of something else let nothing through", 1,
		"mode enforce\nrelease auto 1s\nhold_max 1s then release\nwindow 2000-01-01T00:00:00Z 10h", func(r *drill) {
			r.history(1, 3)
			r.mustRollback(2)
			r.after(2 * expireAfter)
			r.round()
			r.holds(3)
			r.offer(1, 4) // for which the window would be needed
			r.round()
			r.holds(4)
			r.serves(2)
			if r.z.Expired() {
				r.Error("expired")
			}
		})
	for _, lines := range []string{"mode enforce", "mode observe", "mode enforce\non serial-back reject"} {
		play(t, "an older version of the primaries is held, and may be approved: "+lines, 1, lines, func(r *drill) {
			r.history(4, 6)
			r.mustRollback(5)
			r.offer(1, 3, hosts(39)...)
			r.after(3 * expireAfter)
			r.serves(5)
			if r.z.Expired() {
				r.Error("expired")
			}
			h := r.holds(3)
			if err := r.g.Approve(r.z, 3, h.Ruling.Digest); err != nil {
				r.Fatal(err)
			}
			r.round()
			r.serves(3)
			r.offer(1, 7, hosts(30)...)
			r.round() // the rollback is over
			r.serves(7)
			process.settle()
			if on := r.suffixes(); strings.Contains(on, rollbackSuffix) {
				r.Errorf("on disk is %s", on)
			}
		})
	}
	play(t, "that outlives a restart, until it ends", 1, "", func(r *drill) {
		r.history(1, 3)
		r.mustRollback(2)
		r.restart()
		r.round()
		r.serves(2)
		r.holds(3)
		r.wantFiles(".1.was .2.was .held .rollback")
		if err := r.g.Resume(r.z); err != nil {
			r.Error(err)
		}
		if len(process.orders) != 0 {
			r.Error("the zone is remembered for nothing")
		}
		r.round()
		r.serves(3)
		r.wantFiles(".1.was .2.was .3.was")
		r.restart()
		r.publish(4, hosts(30)...)
	})
	play(t, "a mark of what was not restored is none", 1, "", func(r *drill) {
		r.history(1, 3)
		r.mustRollback(2)
		saved := r.end()
		again, _ := version(r.T, saved.Version, "ns h 3"+soaTimers, hosts(37)...)
		saved.Version, saved.Deltas = again, nil
		r.begin(&saved)
		r.publish(4, hosts(36)...)
		r.wantFiles(".1.was .2.was .3.was")
	})
	play(t, "a mark that cannot be read is none", 1, "", func(r *drill) {
		r.history(1, 3)
		r.mustRollback(2)
		saved := r.end()
		if err := os.WriteFile(filepath.Join(r.dir, r.g.stem(r.z)+rollbackSuffix), []byte("{"), 0o600); err != nil {
			r.Fatal(err)
		}
		r.begin(&saved)
		r.round()
		r.serves(3)
	})
}

func TestAQuorumIsOfThoseThatAreNamed(t *testing.T) {
	play(t, "a version from another primary needs it as any", 3, "mode enforce\nquorum 2 of 2", func(r *drill) {
		r.publish(1, hosts(30)...)
		r.down(1)
		r.offer(3, 2, hosts(29)...)
		for _, want := range []string{"is at 0 of 2 primaries", "is at 1 of 2 primaries"} {
			r.round()
			if f := r.holds(2).Ruling.Findings[0]; f.Rule != guard.TooFew || !strings.HasPrefix(f.Reason, want) {
				r.Errorf("%s", f)
			}
			r.offer(2, 2, hosts(29)...)
		}
		r.offer(1, 2, hosts(29)...)
		r.round()
		r.serves(2)
	})
	play(t, "one that is dead holds a version until the wait is over", 2, "mode enforce\nquorum 2 wait 10m", func(r *drill) {
		r.publish(1, hosts(30)...)
		r.offer(1, 2, hosts(29)...)
		r.down(2)
		r.round()
		r.holds(2)
		r.after(10*time.Minute - 1)
		r.serves(1)
		r.after(recount)
		r.serves(2)
	})
}

// An EXPIRE of next to nothing is none that counts.
func TestHalfOfTheEXPIREThatCounts(t *testing.T) {
	play(t, "bounded as secondaryplus bounds it", 1, "mode enforce\nhold_max 40m then release", func(r *drill) {
		v, _ := version(t, nil, "ns h 1 60 60 1 60", hosts(3)...)
		if got := expireOf(r.z, v); got != time.Hour {
			r.Errorf("EXPIRE 1 counts as %s", got)
		}
		if got := expireOf(r.z, nil); got != 0 {
			r.Errorf("that of no version is %s", got)
		}
	})
}

func TestWhatIsKeptOfAZoneThatEnded(t *testing.T) {
	play(t, "all of it is there for the next process, and nothing when it has ended for good", 1, "mode enforce", func(r *drill) {
		r.history(1, 3)
		r.mustRollback(2)
		r.round()
		const all = ".1.was .2.was .held .rollback"
		r.wantFiles(all)
		r.restart()
		r.wantFiles(all)
		r.g.Erase(r.z)
		r.wantFiles("")
	})
}

// What was approved before a version is put back may be the very one that it is put back for.
func TestWhatWasApprovedBeforeARollbackDoesNotEndIt(t *testing.T) {
	// approved is serial 1 put back for serial 2, which is held.
	approved := func(r *drill) *refresh.Held {
		h := r.held()
		a := approval{2, h.Ruling.Digest}
		r.g.stanzas[0].terms.approvals = []approval{a}
		r.round()
		r.serves(2)
		process.approve(r.z, a) // an order that nothing came of
		r.mustRollback(1)
		r.round()
		r.serves(1)
		h = r.holds(2)
		if want := "'approve' for serial 2 with " + h.Ruling.Digest; !strings.Contains(h.Ruling.Note, want) {
			r.Errorf("%q, want %q", h.Ruling.Note, want)
		}
		return h
	}
	play(t, "neither a line of the Corefile nor an order", 1, "mode enforce", func(r *drill) {
		h := approved(r)
		r.restart()
		r.g.stanzas[0].terms.approvals = []approval{{2, h.Ruling.Digest}}
		r.round()
		r.serves(1)
		if err := r.g.Resume(r.z); err != nil {
			r.Error(err)
		}
		r.round()
		r.serves(2)
	})
	play(t, "nor a file; one that is written since does", 1, "mode enforce", func(r *drill) {
		h := approved(r)
		path := r.leave("2 " + h.Ruling.Digest)
		r.dated(path, -time.Hour)
		if got, err := r.g.acceptFile(r.z); got != "" || err == nil || !strings.Contains(err.Error(), "older than the order to put back serial 1") {
			r.Errorf("%q, %v", got, err)
		}
		r.after(3 * deskEach)
		r.serves(1)
		r.dated(path, time.Hour)
		r.after(3 * deskEach)
		r.serves(2)
	})
}

// dated has a file be written so long from now, on the clock of the drill.
func (r *drill) dated(path string, from time.Duration) {
	r.Helper()
	at := time.Now().Add(from)
	if err := os.Chtimes(path, at, at); err != nil {
		r.Fatal(err)
	}
}
