package soak_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

// duration is how long events go on.
func duration(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("SOAK")
	if text == "" {
		return 20 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func seed(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv("SOAK_SEED")
	if text == "" {
		return rand.Uint64()
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// lives is how many processes A is, each for long enough to tell whether it grows.
func lives(d time.Duration) int { return max(2, int(d/(150*time.Second))) }

func TestSoak(t *testing.T) {
	d, n := duration(t), seed(t)
	t.Logf("SOAK=%s SOAK_SEED=%d", d, n)
	s := newStand(t, rand.New(rand.NewPCG(n, n)))
	s.quiet(t, s.zones)
	stop := make(chan struct{})
	var watching sync.WaitGroup
	for _, w := range s.watches() {
		watching.Go(func() { w.run(t, s.zones, stop) })
	}
	t.Cleanup(watching.Wait)
	t.Cleanup(sync.OnceFunc(func() { close(stop) }))
	for life := range lives(d) {
		if life > 0 {
			s.killA(t)
		}
		s.live(t, d/time.Duration(lives(d)))
	}
	s.quiet(t, s.zones)
}

// live has A live for a while. The first fifth of it is its warm-up.
func (s *stand) live(t *testing.T, d time.Duration) {
	t.Helper()
	s.happen(t, d/5)
	s.pass(t, true)
	s.reload(t, s.a, s.watchA) // what the first reload makes stays
	s.quiet(t, s.sample())
	before := leastOf(t, s.a)
	for range 4 {
		s.happen(t, d/5)
		for range 3 { // enough for what each of them leaves to be seen, also when no reload was drawn
			s.reload(t, s.a, s.watchA)
		}
		s.quiet(t, s.sample())
		t.Logf("%s A: %+v", time.Now().Format(time.TimeOnly), footprintOf(t, s.a))
	}
	s.wantNoGrowth(t, before)
	s.wantBoundedDisk(t, s.a)
	s.wantBoundedDisk(t, s.b)
}

// happen draws one event after the other for a while, with pauses that are the pace of the test.
func (s *stand) happen(t *testing.T, d time.Duration) {
	t.Helper()
	count := map[string]int{}
	for end := time.Now().Add(d); time.Now().Before(end); {
		e := s.draw()
		e.do(s, t)
		count[e.name]++
		s.pass(t, false)
		<-time.After(time.Duration(s.random.IntN(150)) * time.Millisecond)
	}
	t.Logf("%v", count)
}

// killA kills A amid changes, brings it back, and the next changes do not wait for it.
func (s *stand) killA(t *testing.T) {
	t.Helper()
	s.burst(t)
	s.killOurs(t, "A", s.a, s.watchA)
	s.burst(t)
}
