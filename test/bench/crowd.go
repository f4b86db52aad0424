package main

import (
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/miekg/dns"
)

// crowd is how many zones refresh at the same time.
func crowd(zones int) int { return min(10_000, zones/2) }

// crowdPause is between their NOTIFYs: without it, sockets lose some.
const crowdPause = 100 * time.Microsecond

// manyCrowd tells of a new version of many zones, and then, while they refresh, of one of another zone.
func manyCrowd(b *bench, s *server, zones *smallZones, round int) {
	list := make([]revision, crowd(zones.n))
	for i := range list {
		list[i] = zones.revise(i)
	}
	fd, err := socket(s.addr)
	if err != nil {
		b.stand.Fatal(err)
	}
	defer syscall.Close(fd)
	b.results.add(manyMissed, s.name, 0)
	begun := time.Now()
	notifyAll(fd, list)
	took := manyOne(b, s, zones.revise(zones.n-1-round))
	last := manyFollow(b, s, fd, list)
	if last.Before(begun.Add(took)) {
		b.say("  %-6s the others were not longer", s.name)
	}
	b.results.add(manyNotify, s.name, took.Seconds())
	b.results.add(manyWorst, s.name, took.Seconds())
	b.results.add(manyRefresh, s.name, last.Sub(begun).Seconds())
	b.say("  %-6s one of them after %s, the others after %s", s.name, took, last.Sub(begun))
	s.quiet(b)
}

// notifyAll sends NOTIFYs at a pace.
func notifyAll(fd int, list []revision) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	preciseSleep()
	for _, r := range list {
		syscall.Write(fd, r.notify)
		nap := syscall.NsecToTimespec(int64(crowdPause))
		syscall.Nanosleep(&nap, nil)
	}
}

// manyOne is visible without the wait for what else there is to do, which is much.
func manyOne(b *bench, s *server, r revision) time.Duration {
	for range changeTries {
		begun := b.tell(s, r)
		at, err := b.watch(s, r.name, address(r.address), loadPoll, changeBound)
		if err == nil {
			return at.Sub(begun)
		}
		b.results.add(manyMissed, s.name, 1)
	}
	b.stand.Fatalf("%s: a change is not taken; %s", r.name, s.tail())
	return 0
}

// crowdPatience is after how long zones that are not new are told again: sockets lose some.
const crowdPatience = 2 * time.Second

// manyFollow waits until all zones are new, and returns when the last was.
func manyFollow(b *bench, s *server, fd int, list []revision) (last time.Time) {
	told := time.Now()
	b.until("the refreshes of "+s.name, s, loadPoll, func() bool {
		list = slices.DeleteFunc(list, func(r revision) bool {
			w, err := newWatch(s.addr, r.name, dns.TypeA)
			if err != nil {
				return false
			}
			defer w.close()
			m := w.ask()
			return m != nil && address(r.address)(m)
		})
		last = time.Now()
		if len(list) > 0 && time.Since(told) > crowdPatience {
			b.results.add(manyMissed, s.name, float64(len(list)))
			notifyAll(fd, list)
			told = time.Now()
		}
		return len(list) == 0
	})
	return last
}
