package refresh

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
)

func TestSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(3, 2)
		a, b := addrA.Addr(), addrB.Addr()
		var got []string
		var releases []func()
		enter := func(name string, from fakeAddr) {
			go func() {
				release, err := s.acquire(t.Context(), from.Addr())
				if err != nil {
					t.Error(err)
				}
				got = append(got, name)
				releases = append(releases, release)
			}()
			synctest.Wait()
		}
		leave := func() {
			release := releases[0]
			releases = releases[1:]
			release()
			synctest.Wait()
		}
		for _, name := range []string{"a1", "a2", "a3", "a4", "a5"} {
			enter(name, addrA)
		}
		enter("b1", addrB) // passes those that wait for A
		enter("b2", addrB)
		enter("b3", addrB)
		if want := []string{"a1", "a2", "b1"}; !slices.Equal(got, want) {
			t.Fatalf("%v", got)
		}
		if _, ok := s.try(b); ok {
			t.Error("a slot was taken before those who wait")
		}
		for range 5 {
			leave()
		}
		// a1 left: A's turn was longest ago. a2 left: B's turn. b1 left: A. The addresses take turns.
		if want := []string{"a1", "a2", "b1", "a3", "b2", "a4", "b3", "a5"}; !slices.Equal(got, want) {
			t.Errorf("%v", got)
		}
		for len(releases) > 0 {
			leave()
		}
		release, ok := s.try(a)
		if !ok || s.inUse() != 1 {
			t.Error("nothing is free")
		}
		release()
		if len(s.sources) != 0 || s.turns.Len() != 0 || s.inUse() != 0 {
			t.Errorf("left behind: %+v", s)
		}
	})
}

func TestSlotsThatAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(1, 1)
		for range 100 {
			release, _ := s.try(addrA.Addr())
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				if release, err := s.acquire(ctx, addrA.Addr()); err == nil {
					release()
				}
			}()
			synctest.Wait()
			next := false
			go func() {
				if release, err := s.acquire(t.Context(), addrB.Addr()); err == nil {
					next = true
					release()
				}
			}()
			synctest.Wait()
			cancel() // the first one goes, and before it can say so is granted the slot
			release()
			synctest.Wait()
			if !next {
				t.Fatal("the slot did not go to the next")
			}
		}
		release, _ := s.try(addrA.Addr())
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.acquire(ctx, addrB.Addr()); err == nil {
			t.Error("a slot that is taken was granted")
		}
		release()
		if len(s.sources) != 0 || s.turns.Len() != 0 || s.inUse() != 0 {
			t.Errorf("left behind: %+v", s)
		}
	})
}
