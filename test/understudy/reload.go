package understudy

import (
	"errors"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/ask"
)

// reloaded is how Caddy ends a reload; the line that announces it reads
// "[INFO] SIGUSR1: Reloading".
var reloaded = regexp.MustCompile(`(?m)\[INFO\] Reloading complete|^.*\[ERROR\] SIGUSR1: .*$`)

// Reload replaces the Corefile (by itself if corefile is empty, with the same
// placeholders and ports), sends SIGUSR1, and waits until the new instance serves.
func (s *Server) Reload(t testing.TB, corefile string) {
	t.Helper()
	if err := s.TryReload(t, corefile); err != nil {
		t.Fatal(err)
	}
}

// TryReload is Reload for a Corefile that may be refused: the error is the
// line that the server printed.
func (s *Server) TryReload(t testing.TB, corefile string) error {
	t.Helper()
	if corefile != "" {
		s.config.Corefile = corefile
		s.writeCorefile(t, corefile)
	}
	mark := s.log.Mark()
	if err := s.askReload(mark); err != nil {
		return err
	}
	line, err := s.log.Wait(mark, reloaded, s.proc.Done())
	if err != nil {
		return err
	}
	if strings.Contains(line, "[ERROR]") {
		return errors.New(line)
	}
	return nil
}

// askReload sends SIGUSR1 until the server has noticed. Right after its start
// it may not: the Go runtime drops that signal until somebody wants it.
func (s *Server) askReload(mark int) error {
	for range 10 {
		if err := s.proc.Signal(syscall.SIGUSR1); err != nil {
			return err
		}
		err := ask.Poll(3*time.Second, func() error {
			if strings.Contains(s.log.Since(mark), "[INFO] SIGUSR1: Reloading") {
				return nil
			}
			return errors.New("SIGUSR1 is not noticed")
		})
		if err == nil {
			return nil
		}
	}
	return errors.New("the server does not heed SIGUSR1")
}

// Signal sends any other signal.
func (s *Server) Signal(t testing.TB, sig syscall.Signal) {
	t.Helper()
	if err := s.proc.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// Log is all that the server has printed, over all its runs.
func (s *Server) Log() string { return s.log.String() }

// Mark is the present end of the log, for WaitLogFrom and LogSince.
func (s *Server) Mark() int { return s.log.Mark() }

// LogSince is what was printed after mark.
func (s *Server) LogSince(mark int) string { return s.log.Since(mark) }

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
		t.Fatal(err)
	}
	return match
}
