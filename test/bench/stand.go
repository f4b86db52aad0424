package main

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// A stand takes the place of a test, for the packages of the harness that are written for tests: what they
// demand ends the run, and what they want cleaned up is cleaned up. It embeds the interface because only
// the testing package can implement it; methods that are not overridden are not called.
type stand struct {
	testing.TB
	mu       sync.Mutex
	cleanups []func()
	ending   sync.Mutex  // held while some are run: nobody exits meanwhile
	over     atomic.Bool // the user has had enough: nothing is begun any more
}

// begin is passed by whatever leaves something behind that has to be cleaned up.
func (s *stand) begin() {
	if s.over.Load() {
		select {} // the process ends in a moment
	}
}

// failure is what ends the run.
type failure string

func newStand() *stand { return new(stand) }

func (s *stand) Helper()                   {}
func (s *stand) Name() string              { return "bench" }
func (s *stand) Failed() bool              { return false }
func (s *stand) Fatal(args ...any)         { panic(failure(fmt.Sprint(args...))) }
func (s *stand) Fatalf(f string, a ...any) { panic(failure(fmt.Sprintf(f, a...))) }
func (s *stand) Skipf(f string, a ...any)  { s.Fatalf(f, a...) }
func (s *stand) Logf(f string, a ...any)   { fmt.Fprintf(os.Stderr, f+"\n", a...) }

// Cleanup runs f at the end of the run, the last one first.
func (s *stand) Cleanup(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cleanups = append(s.cleanups, f)
}

// TempDir is a directory that lasts as long as the run.
func (s *stand) TempDir() string {
	s.begin()
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// during runs f as a part of the run whose processes and directories end with it.
func (s *stand) during(f func()) {
	s.mu.Lock()
	mark := len(s.cleanups)
	s.mu.Unlock()
	defer s.closeTo(mark)
	f()
}

func (s *stand) close() { s.closeTo(0) }

func (s *stand) closeTo(mark int) {
	s.ending.Lock()
	defer s.ending.Unlock()
	s.mu.Lock()
	list := slices.Clone(s.cleanups[min(mark, len(s.cleanups)):])
	s.cleanups = s.cleanups[:min(mark, len(s.cleanups))]
	s.mu.Unlock()
	for _, f := range slices.Backward(list) {
		f()
	}
}

// recovered turns a failure into an error. Anything else that panics is a mistake of ours.
func (s *stand) recovered(err *error) {
	switch r := recover().(type) {
	case nil:
	case failure:
		*err = fmt.Errorf("%s", string(r))
	default:
		panic(r)
	}
}
