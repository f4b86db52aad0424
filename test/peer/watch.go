package peer

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
)

// Log is all that the server has printed, over all its runs.
func (s *Server) Log() string { return s.log.String() }

// Mark is the present end of the log, for WaitLogFrom.
func (s *Server) Mark() int { return s.log.Mark() }

// WaitLog waits for a regular expression in the whole log.
func (s *Server) WaitLog(t testing.TB, re string) string {
	t.Helper()
	return s.WaitLogFrom(t, 0, re)
}

// WaitLogFrom waits for a regular expression in the log after mark.
func (s *Server) WaitLogFrom(t testing.TB, mark int, re string) string {
	t.Helper()
	match, err := s.log.Wait(mark, regexp.MustCompile(re), s.proc.Done())
	if err != nil {
		t.Fatalf("log of %s: %v", s, err)
	}
	return match
}

// WaitServing waits until the server serves exactly this serial of a zone.
func (s *Server) WaitServing(t testing.TB, zone string, serial uint32) {
	t.Helper()
	ask.WaitSerial(t, s.Addr(), zone, serial)
	if s.kind == NSD {
		s.settle(t, zone, serial)
	}
}

// settle waits until NSD's new server process is alone: after a reload, the
// old one goes on for a moment, and who accepts a connection is chance. It has
// gone once several connections in a row met the new serial.
func (s *Server) settle(t testing.TB, zone string, serial uint32) {
	t.Helper()
	row := 0
	ask.Until(t, s.String()+" has one version of "+zone, func() error {
		if n, err := ask.Serial(s.Addr(), zone, ask.TCP()); err != nil || n != serial {
			row = 0
			return fmt.Errorf("serial %d, %w", n, err)
		}
		if row++; row < 8 {
			return fmt.Errorf("serial %d only %d times in a row", serial, row)
		}
		return nil
	})
}

// Serial is the serial that the server serves now.
func (s *Server) Serial(t testing.TB, zone string) uint32 {
	t.Helper()
	n, err := ask.Serial(s.Addr(), zone)
	if err != nil {
		t.Fatalf("serial of %s at %s: %v", zone, s, err)
	}
	return n
}

// waitUp waits for the server to be of use; one that ended never will be.
func (s *Server) waitUp(t testing.TB) {
	t.Helper()
	err := ask.Poll(ask.Patience, func() error {
		if !s.proc.Running() {
			return nil
		}
		return s.up()
	})
	if !s.proc.Running() {
		t.Fatalf("%s ended at its start: %v", s, s.proc.Err())
	}
	if err != nil {
		t.Fatalf("%s does not come up: %v", s, err)
	}
}

// up says what is missing for the server to be of use. A zone that it
// transfers from elsewhere may come later, and so may one with no text.
func (s *Server) up() error {
	if _, err := ask.Query(s.Addr(), ".", dns.TypeSOA, ask.TCP(), ask.Timeout(time.Second)); err != nil {
		return err
	}
	for _, z := range s.config.Zones {
		if z.secondary() || z.Text == "" {
			continue
		}
		if _, err := ask.Serial(s.Addr(), z.Name, ask.Timeout(time.Second)); err != nil {
			return fmt.Errorf("zone %s: %w", z.Name, err)
		}
	}
	return nil
}
