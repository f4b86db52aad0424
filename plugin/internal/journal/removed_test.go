package journal

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A directory that somebody removes is made and locked again, and what is saved from then on is there.
func TestARemovedDirectoryIsMadeAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var states []State
	for i, p := range changes(t, 3) {
		states = append(states, state(p, i))
	}
	for i, id := range []ID{{Zone: "a.example."}, {Zone: "b.example."}} {
		if err := s.Save(id, states[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for _, id := range []ID{{Zone: "a.example."}, {Zone: "b.example."}} {
		if err := s.Save(id, states[2]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(dir); !errors.Is(err, ErrLocked) {
		t.Errorf("the new directory is not locked: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for _, id := range []ID{{Zone: "a.example."}, {Zone: "b.example."}} {
		if got, _, err := again.Load(id); err != nil || got.Version.Serial() != states[2].Version.Serial() {
			t.Errorf("%s: %v", id.Zone, err)
		}
	}
}
