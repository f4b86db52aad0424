package journal

import (
	"os"
	"path/filepath"
	"testing"
)

// Files that were being written are removed at start. What somebody else keeps in the directory stays there.
func TestOnlyHalfWrittenFilesAreSweptAway(t *testing.T) {
	s := open(t, t.TempDir())
	ours := stem(groupOf(example), keyPart(example.Key))
	files := map[string]bool{
		"Corefile.new": true, ".new": true, "zones.snapshot.new": true, ours + ".new": true, ours + ".txt.new": true,
		ours + snapshotSuffix + asideSuffix: false, ours + journalSuffix + asideSuffix: false,
	}
	for name := range files {
		if err := os.WriteFile(filepath.Join(s.dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s = reopened(t, s)
	for name, stays := range files {
		if _, err := os.Stat(filepath.Join(s.dir, name)); (err == nil) != stays {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// dirSyncs counts how often the directory is synced.
type dirSyncs struct {
	disk
	count int
}

func (d *dirSyncs) syncDir() error {
	d.count++
	return d.disk.syncDir()
}

// A journal that was begun with a lease alone may be in no directory yet when the next process appends to it.
func TestJournalOfAnEarlierProcessIsMadeDurable(t *testing.T) {
	steps := changes(t, 2)
	s := open(t, t.TempDir())
	save(t, s, example, state(steps[0], 1))
	save(t, s, example, state(steps[0], 2))
	s = reopened(t, s)
	counted := &dirSyncs{disk: s.disk}
	s.disk = counted
	want(t, s, example, state(steps[0], 2))
	save(t, s, example, state(steps[1], 3))
	save(t, s, example, state(steps[2], 4))
	if counted.count != 1 {
		t.Errorf("the directory was synced %d times, not once", counted.count)
	}
	want(t, reopened(t, s), example, state(steps[2], 4))
}
