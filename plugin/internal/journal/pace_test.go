package journal

import (
	"testing"
	"testing/synctest"
	"time"
)

// A slowDisk takes its time to sync files; the zones here are larger than what is written at a time.
type slowDisk struct{ disk }

type slowFile struct{ file }

func (d slowDisk) create(name string) (file, error) {
	f, err := d.disk.create(name)
	return slowFile{f}, err
}

func (f slowFile) SyncAlone() error {
	<-time.After(100 * time.Millisecond)
	return f.file.SyncAlone()
}

func TestALargeZoneLeavesOthersHalfOfTheDisk(t *testing.T) {
	octets := make([]byte, writeBuffer)
	write := func(t *testing.T, s *Store) time.Duration {
		a, err := s.aside("name", snapshotMagic)
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		for a.size() < 3*syncEvery+writeBuffer {
			if err := a.frame(kindNames, func(dst []byte) []byte { return append(dst, octets...) }); err != nil {
				t.Fatal(err)
			}
		}
		took := time.Since(begun)
		if err := a.complete(); err != nil {
			t.Fatal(err)
		}
		return took
	}
	synctest.Test(t, func(t *testing.T) {
		s := newStore("", slowDisk{newRealDisk(t.TempDir())})
		if took := write(t, s); took != 600*time.Millisecond {
			t.Errorf("three syncs of 100 ms took %s, with rests", took)
		}
		done := s.Hurry()
		if took := write(t, s); took != 300*time.Millisecond {
			t.Errorf("three syncs of 100 ms took %s, in a hurry", took)
		}
		done()
		if took := write(t, s); took != 600*time.Millisecond {
			t.Errorf("three syncs of 100 ms took %s, after the hurry", took)
		}
	})
}
