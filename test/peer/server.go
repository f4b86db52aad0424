package peer

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/peer/process"
)

// driver is what differs between the implementations.
type driver interface {
	// configure writes the configuration into s.dir.
	configure(t testing.TB, s *Server)
	// argv is the daemon in the foreground.
	argv(s *Server) []string
	// control is the command line tool for the control socket.
	control(s *Server) []string
	// reload makes the daemon read a zone file again.
	reload(t testing.TB, s *Server, z *Zone)
	// update changes a zone by a few records.
	update(t testing.TB, s *Server, z *Zone, changes []change)
	// purgeJournal forgets the differences of a zone.
	purgeJournal(t testing.TB, s *Server, z *Zone)
	// transfers finds outgoing transfers in the log.
	transfers(log, zone string) []Transfer
}

// Server is a peer that was started.
type Server struct {
	kind   Kind
	config Config
	dir    string
	log    *process.Log
	proc   *process.Process
	driver driver
	ctl    int // control port, for named
}

// Start starts a peer and waits until it answers and serves its primary zones.
// It ends with the test.
func Start(t testing.TB, kind Kind, c Config) *Server {
	t.Helper()
	Require(t, kind)
	s := prepare(t, kind, c)
	s.driver.configure(t, s)
	s.Restart(t)
	return s
}

// prepare fills in defaults and writes the zone files.
func prepare(t testing.TB, kind Kind, c Config) *Server {
	t.Helper()
	if c.Host == "" {
		c.Host = "127.0.0.1"
	}
	if c.Port == 0 {
		c.Port = port.Free(t, c.Host)
	}
	if c.TLS != nil && c.TLS.Port == 0 {
		tls := *c.TLS
		tls.Port = port.Free(t, c.Host)
		c.TLS = &tls
	}
	// Not t.TempDir: the path of a control socket is limited to 107 bytes.
	dir, err := os.MkdirTemp("", "peer-")
	if err != nil {
		t.Fatal(err)
	}
	log, err := process.NewLog(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	c.Zones = slices.Clone(c.Zones) // the caller may use them for another server
	s := &Server{kind: kind, config: c, dir: dir, log: log}
	s.driver = map[Kind]driver{Knot: knot{}, Named: named{}, NSD: nsd{}}[kind]
	t.Cleanup(func() {
		s.Stop()
		log.Dump(t, s.String())
		os.RemoveAll(dir)
	})
	for i := range c.Zones {
		s.prepareZone(t, &c.Zones[i])
	}
	return s
}

func (s *Server) prepareZone(t testing.TB, z *Zone) {
	t.Helper()
	z.Name = dns.CanonicalName(z.Name)
	switch {
	case z.Signing != nil && s.kind != Knot:
		t.Fatalf("zone %s: only Knot signs here", z.Name)
	case z.AXFROnly && s.kind == Knot:
		t.Fatalf("zone %s: Knot cannot be kept from asking for IXFR", z.Name)
	case z.Dynamic && s.kind == NSD:
		t.Fatalf("zone %s: NSD has no dynamic update", z.Name)
	}
	if z.Text == "" && z.File != "" {
		text, err := os.ReadFile(z.File)
		if err != nil {
			t.Fatal(err)
		}
		z.Text = string(text)
	}
	if z.Text != "" {
		s.write(t, zoneFile(z.Name), z.Text)
	}
}

// Kind is the implementation.
func (s *Server) Kind() Kind { return s.kind }

// String names the server in messages.
func (s *Server) String() string { return fmt.Sprintf("%s %s", s.kind, s.Addr()) }

// Addr is "ip:port", for UDP and TCP.
func (s *Server) Addr() string {
	return net.JoinHostPort(s.config.Host, strconv.Itoa(s.config.Port))
}

// TLSAddr is "ip:port" of DNS over TLS.
func (s *Server) TLSAddr() string {
	return net.JoinHostPort(s.config.Host, strconv.Itoa(s.config.TLS.Port))
}

// Dir is the server's directory: zone files, journals, configuration.
func (s *Server) Dir() string { return s.dir }

// Pid is the process id of the daemon.
func (s *Server) Pid() int { return s.proc.Pid() }

// Kill ends the server at once with SIGKILL. Restart brings it back.
func (s *Server) Kill() {
	if s.proc != nil {
		s.proc.Kill()
	}
}

// Stop ends the server in its own way. Restart brings it back.
func (s *Server) Stop() {
	if s.proc != nil {
		s.proc.Stop()
	}
}

// Restart stops the server if it runs, and starts it at the same address with
// the files that it left.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Stop()
	argv := s.driver.argv(s)
	p, err := process.Start(s.log, s.dir, nil, path(argv[0]), argv[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	s.proc = p
	s.waitUp(t)
}

// zone finds a zone of the server.
func (s *Server) zone(t testing.TB, name string) *Zone {
	t.Helper()
	for i := range s.config.Zones {
		if s.config.Zones[i].Name == dns.CanonicalName(name) {
			return &s.config.Zones[i]
		}
	}
	t.Fatalf("%s has no zone %s", s, name)
	return nil
}

// zoneFile is the name of a zone's file in the server's directory.
func zoneFile(zone string) string {
	name := strings.TrimSuffix(zone, ".")
	if name == "" {
		name = "root"
	}
	return strings.ReplaceAll(name, "/", "_") + ".zone"
}

// write replaces a file in the server's directory at once.
func (s *Server) write(t testing.TB, name, text string) {
	t.Helper()
	final := filepath.Join(s.dir, name)
	if err := os.WriteFile(final+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(final+".new", final); err != nil {
		t.Fatal(err)
	}
}

func hostOf(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	return host
}
