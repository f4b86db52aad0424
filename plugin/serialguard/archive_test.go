package serialguard

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/understudy-dns/understudy/plugin/internal/shelf"
	"github.com/understudy-dns/understudy/plugin/internal/statedir"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A cabinet is an archive with versions in it.
type cabinet struct {
	*testing.T
	*archive
	last *zone.Version
}

func newCabinet(t *testing.T) *cabinet {
	t.Helper()
	a, err := openArchive(filepath.Join(t.TempDir(), "guard"))
	if err != nil {
		t.Fatal(err)
	}
	first, _ := version(t, nil, "ns h 1"+soaTimers)
	return &cabinet{t, a, first}
}

// writing keeps a version with a serial, as the difference from the one of before.
func (c *cabinet) writing(serial int) func(string) error {
	v, d := version(c.T, c.last, fmt.Sprintf("ns h %d%s", serial, soaTimers))
	c.last = v
	return func(path string) error { return shelf.Write(path, shelf.Label{}, v, d) }
}

func (c *cabinet) mustPush(most int, serials ...int) {
	c.Helper()
	for _, serial := range serials {
		if err := c.push("z", most, c.writing(serial)); err != nil {
			c.Fatal(err)
		}
	}
}

// want compares the serials of what is kept, and the files.
func (c *cabinet) want(serials string, files ...string) {
	c.Helper()
	got := ""
	for _, l := range c.versions("z") {
		got += " " + l.Serial.String()
	}
	list, err := os.ReadDir(c.dir)
	if err != nil {
		c.Fatal(err)
	}
	var names []string
	for _, f := range list {
		if f.Name() != lockName {
			names = append(names, f.Name())
		}
	}
	if got != serials || !slices.Equal(names, files) {
		c.Errorf("kept are%s in %v; want%s in %v", got, names, serials, files)
	}
}

func TestTheLatestVersionComesFirst(t *testing.T) {
	c := newCabinet(t)
	c.want("")
	c.mustPush(3, 2, 3)
	c.want(" 3 2", "z.1.was", "z.2.was")
	c.mustPush(3, 4, 5, 6)
	c.want(" 6 5 4", "z.1.was", "z.2.was", "z.3.was")
	c.mustPush(2, 7) // fewer are wanted
	c.want(" 7 6", "z.1.was", "z.2.was")
	c.mustPush(1, 8)
	c.want(" 8", "z.1.was")
	if err := c.trim("z", 0); err != nil {
		t.Error(err)
	}
	c.want("")
}

// The list is read from the disk by the next process.
func TestVersionsAreFoundAgain(t *testing.T) {
	c := newCabinet(t)
	c.mustPush(9, 2, 3, 4)
	if _, err := openArchive(c.dir); !errors.Is(err, statedir.ErrLocked) {
		t.Errorf("while another one has it: %v", err)
	}
	c.close()
	again, err := openArchive(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	c.archive = again
	c.mustPush(9, 5)
	c.want(" 5 4 3 2", "z.1.was", "z.2.was", "z.3.was", "z.4.was")
}

var errFull = errors.New("the disk is full")

func TestAVersionThatCannotBeWrittenTakesNoOtherAway(t *testing.T) {
	c := newCabinet(t)
	c.mustPush(2, 2, 3)
	if err := c.push("z", 2, func(string) error { return errFull }); !errors.Is(err, errFull) {
		t.Error(err)
	}
	c.want(" 3 2", "z.1.was", "z.2.was")
	c.mustPush(2, 4)
	c.want(" 4 3", "z.1.was", "z.2.was")
}

// A process that dies while it renames leaves a hole. What lies behind it is not found, and is not left behind for ever.
func TestAHoleIsFilled(t *testing.T) {
	c := newCabinet(t)
	c.mustPush(3, 2, 3, 4)
	if err := os.Remove(c.path("z", wasSuffix(2))); err != nil {
		t.Fatal(err)
	}
	c.forget("z")
	c.want(" 4", "z.1.was", "z.3.was")
	c.mustPush(3, 5)
	c.want(" 5 4 2", "z.1.was", "z.2.was", "z.3.was")
	if err := os.Rename(c.path("z", wasSuffix(1)), c.path("z", wasSuffix(0))); err != nil {
		t.Fatal(err)
	}
	c.forget("z")
	c.want("", "z.0.was", "z.2.was", "z.3.was")
	c.mustPush(3, 6)
	c.want(" 6 4 2", "z.1.was", "z.2.was", "z.3.was")
}

func TestFilesThatAreNoneEndTheList(t *testing.T) {
	c := newCabinet(t)
	c.mustPush(3, 2, 3)
	if err := os.WriteFile(c.path("z", wasSuffix(2)), []byte("no version"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.forget("z")
	c.want(" 3", "z.1.was", "z.2.was")
}

func TestWhatCannotBeRemovedOrRenamedIsAnError(t *testing.T) {
	c := newCabinet(t)
	c.mustPush(2, 2, 3)
	full := filepath.Join(c.dir, "z.3.was", "x")
	if err := os.MkdirAll(full, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := c.push("z", 9, c.writing(4)); err == nil {
		t.Error("a directory was replaced")
	}
	if err := c.remove("z", ".none"); err != nil {
		t.Error(err)
	}
	if err := c.remove("z", wasSuffix(3)); err == nil {
		t.Error("a directory that is not empty was removed")
	}
}

func TestAnArchiveBeginsWithoutWhatWasHalfWritten(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".aside-123", "z.held", "example.org.accept"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a, err := openArchive(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := &cabinet{T: t, archive: a}
	c.want("", "example.org.accept", "z.held")
	if _, err := openArchive(filepath.Join(dir, "z.held")); err == nil {
		t.Error("a file is a directory")
	}
}

func TestAllOfAZoneIsErased(t *testing.T) {
	c := newCabinet(t)
	c.mustPush(mostHistory, 2, 3, 4)
	for _, name := range []string{"z.held", "z.rollback", "z.0.was", "z.100.was", "zz.1.was"} {
		if err := os.WriteFile(filepath.Join(c.dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.erase("z"); err != nil {
		t.Error(err)
	}
	c.want("", "zz.1.was")
}

// gathered is what Prometheus gets of a collector.
func gathered(t *testing.T, c prometheus.Collector) []*dto.MetricFamily {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	list, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// counted is the value of a counter.
func counted(t *testing.T, c prometheus.Collector) float64 {
	t.Helper()
	return gathered(t, c)[0].GetMetric()[0].GetCounter().GetValue()
}

func TestJobsAreDoneInTheirOrder(t *testing.T) {
	c := newCabinet(t)
	begun, end := make(chan struct{}), make(chan struct{})
	var done []int
	before := counted(t, stateErrors)
	c.later("first", func() error { close(begun); <-end; return nil })
	<-begun
	for i := range mostJobs {
		c.later("more", func() error {
			done = append(done, i)
			if i == 7 {
				return errFull
			}
			return nil
		})
	}
	c.later("too much", func() error { t.Error("it was done"); return nil })
	close(end)
	c.settle()
	if len(done) != mostJobs || !slices.IsSorted(done) {
		t.Errorf("%d jobs, in order: %v", len(done), slices.IsSorted(done))
	}
	if failures := counted(t, stateErrors) - before; failures != 2 {
		t.Errorf("%v failures were counted", failures)
	}
	c.settle() // there is nothing to wait for
	c.later("again", func() error { done = nil; return nil })
	if c.settle(); done != nil || c.running {
		t.Error("it does not begin again")
	}
}
