package serialguard

import (
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// bump has the primaries offer one serial after the other, a minute each, and with the last the primaries are asked.
func (r *drill) bump(from, to serial.Serial, lines ...string) {
	r.Helper()
	for s := from; s <= to; s++ {
		r.offer(1, s, lines...)
		r.round()
		r.after(time.Minute)
	}
}

// A zone that changes more often than the time is long is not held for ever.
func TestNewerSerialsDoNotPutOff(t *testing.T) {
	play(t, "the release by time", 1, "mode enforce\nrelease auto 10m", func(r *drill) {
		r.publish(1, hosts(30)...)
		r.bump(2, 11)
		r.serves(11)
	})
	play(t, "the end of the hold, also over a restart", 1, "mode enforce\nhold_max 10m then release", func(r *drill) {
		r.publish(1, hosts(30)...)
		since := time.Now()
		r.bump(2, 6)
		r.restart()
		r.bump(7, 8)
		h := r.holds(8)
		if a := r.g.heldAlert(r.z, h); !h.Since.Equal(since) || !a.StartsAt.Equal(since) || !h.Ruling.Until.Equal(since.Add(10*time.Minute)) {
			r.Errorf("since %s, until %s, not %s", h.Since, h.Ruling.Until, since)
		}
		r.bump(9, 11)
		r.serves(11)
	})
	play(t, "that the alert becomes critical", 1, "mode enforce\nhold_max 10m then serve", func(r *drill) {
		r.publish(1, hosts(30)...)
		r.bump(2, 13)
		if a := r.g.heldAlert(r.z, r.holds(13)); a.Severity != "critical" {
			r.Errorf("%+v", a)
		}
	})
	play(t, "the end of the wait for a quorum", 2, "mode enforce\nquorum 2 wait 10m", func(r *drill) {
		r.publish(1, hosts(30)...)
		r.down(2)
		r.bump(2, 11, hosts(29)...)
		r.after(recount)
		r.serves(11)
	})
}

// What nobody has had the time to see waits for all of it.
func TestTheReleaseByTimeBeginsAnew(t *testing.T) {
	play(t, "with what is held by another rule", 1, "mode enforce\nrelease auto 10m\nprotect h0.example.org. A", func(r *drill) {
		r.publish(1, hosts(30)...)
		r.bump(2, 9, hosts(15)...)
		r.bump(10, 18)
		r.holds(18)
		r.bump(19, 20)
		r.serves(20)
	})
	play(t, "with what is not newer", 1, "mode enforce\nrelease auto 10m", func(r *drill) {
		r.publish(1, hosts(30)...)
		r.bump(50, 57)
		r.bump(2, 10)
		r.holds(10)
		r.bump(11, 12)
		r.serves(12)
	})
	play(t, "when a quorum is missing that was there", 2, "mode enforce\nquorum 2 wait 10m\nrequire MX", func(r *drill) {
		const mail = "@ MX 0 ns"
		r.publish(1, append(hosts(30), mail)...)
		for range 15 {
			r.offer(2, 2, hosts(29)...)
			r.bump(2, 2, hosts(29)...)
		}
		r.holds(2)
		r.bump(3, 11, append(hosts(29), mail)...)
		r.holds(11)
		r.bump(12, 12, append(hosts(29), mail)...)
		r.after(recount)
		r.serves(12)
	})
	for _, then := range []string{"release", "servfail"} {
		play(t, "and the hold does, when a rollback is over: "+then, 1, "mode enforce\nhold_max 10m then "+then, func(r *drill) {
			r.held()
			a := approval{2, r.z.Held().Ruling.Digest}
			process.approve(r.z, a)
			r.round()
			r.publish(3, hosts(30)...)
			r.mustRollback(2)
			r.mustRollback(1)
			r.offer(1, 4)
			for range 20 {
				r.bump(4, 4)
			}
			r.holds(4)
			if err := r.g.Resume(r.z); err != nil {
				r.Error(err)
			}
			r.bump(4, 4)
			r.holds(4)
			r.serves(1)
			if r.z.Expired() {
				r.Error("expired")
			}
			r.after(10 * time.Minute)
			if released := r.z.Current().Serial() == 4; released != (then == "release") || r.z.Expired() == released {
				r.Errorf("released: %v, expired: %v", released, r.z.Expired())
			}
		})
	}
}
