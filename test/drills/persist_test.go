package drills_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// kept are the lines of a stanza with state on disk.
const kept = "persist {{dir}}"

func waitSaved(t *testing.T, s *understudy.Server, serial uint32) {
	t.Helper()
	metric(t, s, "zone_saved_serial", float64(serial))
}

// The directory stays locked by the engine over every reload, and nothing is left open of one.
func TestDrill25ReloadsWithStateOnDisk(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 2000), kept)
	s.Reload(t, "")
	before := footprintOf(t, s)
	n, _ := reloads()
	for i := range uint32(n) {
		s.Reload(t, "")
		p.Publish(t, calm(2+i, 2000))
		notify(t, p, s)
		ask.WaitSerial(t, s.Addr(), zone, 2+i)
		waitSaved(t, s, 2+i)
	}
	ask.Until(t, "nothing is left of the reloads", func() error { return footprintOf(t, s).grown(before) })
	if files, err := filepath.Glob(filepath.Join(s.Dir(), "*")); err != nil || len(files) > 3 {
		t.Errorf("files %v, %v", files, err)
	}
	p.OnAll(primary.Refused())
	s.Kill9()
	s.Restart(t)
	wantServing(t, s, uint32(n)+1, 2000)
}

func TestDrill26BrokenCorefileKeepsTheState(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50), kept)
	waitSaved(t, s, 1)
	good := corefile(p.Addr(), kept)
	for i, broken := range []string{
		strings.Replace(good, "errors", "errors }", 1),
		strings.Replace(good, "errors", "errers", 1),
		good + good,
		strings.Replace(good, "persist {{dir}}", "persist {{dir}}\npersist {{dir}}", 1),
		strings.Replace(good, "persist {{dir}}", "persist /proc/nowhere", 1),
	} {
		if err := s.TryReload(t, broken); err == nil {
			t.Fatalf("%d: the reload succeeded", i)
		}
		wantLocked(t, p.Addr(), s)
		serial := uint32(i) + 2
		p.Publish(t, calm(serial, 50))
		notify(t, p, s)
		ask.WaitSerial(t, s.Addr(), zone, serial)
		waitSaved(t, s, serial)
	}
}

// wantLocked starts a second server with the directory of the first, which must not start, and must say why.
func wantLocked(t *testing.T, from string, s *understudy.Server) {
	t.Helper()
	text := strings.ReplaceAll(corefile(from, kept), "{{dir}}", s.Dir())
	if _, err := understudy.TryStart(t, understudy.Config{Corefile: text}); err == nil ||
		!strings.Contains(err.Error(), s.Dir()+": directory is in use by another process") {
		t.Errorf("a second server with the directory: %v", err)
	}
}

func TestAReloadAddsChangesAndRemovesPersist(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50))
	other := filepath.Join(t.TempDir(), "other")
	s.Reload(t, corefile(p.Addr(), kept))
	waitSaved(t, s, 1)
	s.Reload(t, corefile(p.Addr(), "persist "+other))
	waitSaved(t, s, 1)
	if files, err := filepath.Glob(filepath.Join(other, "*.snapshot")); err != nil || len(files) != 1 {
		t.Errorf("in the new directory there are %v, %v", files, err)
	}
	lone := strings.ReplaceAll(corefile(p.Addr(), kept), "{{dir}}", s.Dir())
	if _, err := understudy.TryStart(t, understudy.Config{Corefile: lone}); err != nil {
		t.Errorf("the directory of before is still locked: %v", err)
	}
	s.Reload(t, corefile(p.Addr()))
	if _, there := s.Metrics(t, "metrics").Value("coredns_secondaryplus_zone_saved_serial"); there {
		t.Error("a zone that is not saved any more has a saved serial")
	}
}

func TestDrill16FiveThousandZonesAreAnsweredAtOnceAfterARestart(t *testing.T) {
	t.Parallel()
	const n = 5000
	from := primary.StartCrowd(t, "127.0.0.1", false)
	text := strings.ReplaceAll(crowded([]*primary.Crowd{from}, n), "limit idle 1m", "limit idle 1m\n"+kept)
	s := understudy.Start(t, understudy.Config{Corefile: text})
	// Each of them waits for the disk, which others may use as well.
	if err := ask.Poll(2*time.Minute, func() error {
		list, err := filepath.Glob(filepath.Join(s.Dir(), "*.snapshot"))
		if err == nil && len(list) != n {
			err = fmt.Errorf("%d are", len(list))
		}
		return err
	}); err != nil {
		t.Fatalf("not all zones are saved: %v", err)
	}
	from.Spoil.Store(true)
	s.Kill9()
	s.Restart(t)
	if err := ready(s); err != nil {
		t.Errorf("not ready: %v", err)
	}
	for _, z := range zones(0, n) {
		m, err := ask.Query(s.Addr(), z, dns.TypeSOA)
		if err != nil || m.Rcode != dns.RcodeSuccess || len(m.Answer) != 1 {
			t.Fatalf("%s is answered %v, %v", z, m, err)
		}
	}
}
