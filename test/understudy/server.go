package understudy

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/peer/process"
)

// Config is how the server is started.
type Config struct {
	// Corefile may contain {{port}}, a free port; {{port:NAME}}, another one
	// for each name; {{dir}}, a directory that outlives Kill9 and Restart.
	Corefile string
	// Env is added to the environment, as "NAME=value".
	Env []string
	// Args are added to the command line.
	Args []string
	// Command starts a server of another build: its path, with what must come
	// before it. {{dir}} is replaced as in Corefile. Ours when empty.
	Command []string
}

// Server is our binary, running.
type Server struct {
	config Config
	dir    string
	ports  map[string]int
	log    *process.Log
	proc   *process.Process
}

// Start starts the binary and waits until it listens.
func Start(t testing.TB, c Config) *Server {
	t.Helper()
	s := New(t, c)
	s.Restart(t)
	return s
}

// TryStart is Start for a Corefile that may be refused; the error then holds
// what the binary printed.
func TryStart(t testing.TB, c Config) (*Server, error) {
	t.Helper()
	s := New(t, c)
	return s, s.run(t)
}

// New prepares a server without starting it, so that its ports are known:
// Restart starts it.
func New(t testing.TB, c Config) *Server {
	t.Helper()
	dir := t.TempDir()
	log, err := process.NewLog(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{config: c, dir: dir, ports: map[string]int{}, log: log}
	if err := os.Mkdir(s.Dir(), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.finish(t) })
	s.writeCorefile(t, c.Corefile)
	return s
}

var placeholder = regexp.MustCompile(`\{\{(port|dir)(?::([\w-]+))?\}\}`)

// writeCorefile replaces the placeholders and saves the file.
func (s *Server) writeCorefile(t testing.TB, text string) {
	t.Helper()
	text = placeholder.ReplaceAllStringFunc(text, func(p string) string {
		m := placeholder.FindStringSubmatch(p)
		if m[1] == "dir" {
			return s.Dir()
		}
		return strconv.Itoa(s.port(t, m[2]))
	})
	if err := os.WriteFile(s.corefile(), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) corefile() string { return filepath.Join(s.dir, "Corefile") }

// port is the one of a name, chosen when first asked for. It is free on all
// addresses, since a Corefile without bind listens on all.
func (s *Server) port(t testing.TB, name string) int {
	t.Helper()
	if s.ports[name] == 0 {
		s.ports[name] = port.Free(t, "")
	}
	return s.ports[name]
}

// Restart stops the server if it runs and starts it with the same Corefile,
// ports and directory.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Stop()
	if err := s.run(t); err != nil {
		t.Fatal(err)
	}
}

// listening is printed once all sockets are bound.
var listening = regexp.MustCompile(`(?m)^CoreDNS-\d`)

func (s *Server) run(t testing.TB) error {
	t.Helper()
	if len(s.config.Command) == 0 {
		Binary(t) // a failed build is never what a test expects
	}
	mark := s.log.Mark()
	if err := s.launch(); err != nil {
		return err
	}
	_, err := s.log.Wait(mark, listening, s.proc.Done())
	if err != nil {
		return fmt.Errorf("%w; it printed:\n%s", err, s.log.Since(mark))
	}
	return nil
}

func (s *Server) launch() (err error) {
	args := append([]string{"-conf", s.corefile()}, s.config.Args...)
	if command := s.config.Command; len(command) > 0 {
		var own []string
		for _, arg := range command[1:] {
			own = append(own, strings.ReplaceAll(arg, "{{dir}}", s.Dir()))
		}
		s.proc, err = process.Start(s.log, s.dir, s.config.Env, command[0], append(own, args...)...)
		return err
	}
	b, err := build()
	if err != nil {
		return err
	}
	release, err := b.hold(syscall.LOCK_SH)
	if err != nil {
		return err
	}
	defer release()
	s.proc, err = process.Start(s.log, s.dir, s.config.Env, b.path, args...)
	return err
}

// disaster is what a server of ours must never print. CoreDNS recovers from a
// panic in a query and goes on, so that a test might not notice.
var disaster = regexp.MustCompile(`(?m)^panic: .*|^fatal error: .*|.*Recovered from panic.*|WARNING: DATA RACE`)

// finish ends the server and checks that it never misbehaved.
func (s *Server) finish(t testing.TB) {
	if !s.Stop() {
		t.Errorf("understudy did not end within %s of SIGTERM", process.Grace)
	}
	if line := disaster.FindString(s.log.String()); line != "" {
		t.Errorf("understudy printed: %s", line)
	}
	s.log.Dump(t, "understudy")
}

// Addr is 127.0.0.1 with the port of {{port}}.
func (s *Server) Addr() string { return s.AddrOf("") }

// AddrOf is 127.0.0.1 with the port of {{port:NAME}}.
func (s *Server) AddrOf(name string) string {
	p, ok := s.ports[name]
	if !ok {
		panic(fmt.Sprintf("the Corefile has no {{port:%s}}", name))
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(p))
}

// Dir is what {{dir}} stands for.
func (s *Server) Dir() string { return filepath.Join(s.dir, "state") }

// Pid is the process id.
func (s *Server) Pid() int { return s.proc.Pid() }

// Running says whether the process has not ended.
func (s *Server) Running() bool { return s.proc != nil && s.proc.Running() }

// Stop ends the server with SIGTERM, and reports whether that was enough.
func (s *Server) Stop() bool { return s.proc == nil || s.proc.Stop() }

// Kill9 ends the server with SIGKILL. Restart brings it back.
func (s *Server) Kill9() {
	if s.proc != nil {
		s.proc.Kill()
	}
}
