package peer

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
)

// Transfer is one outgoing transfer as the server's log tells it.
type Transfer struct {
	// Style is "AXFR", "IXFR", or "AXFR-style IXFR": the whole zone as the
	// answer to an IXFR query. NSD's log does not tell the last two apart and
	// has "IXFR" for both.
	Style string
	// Line is the line of the log.
	Line string
}

// SetZone replaces the text of a primary zone and makes the server load it.
// It does not wait for the new serial: WaitServing does.
func (s *Server) SetZone(t testing.TB, name, text string) {
	t.Helper()
	z := s.zone(t, name)
	z.Text = text
	s.write(t, zoneFile(z.Name), text)
	s.driver.reload(t, s, z)
}

// Update changes a primary zone by a few records and lets the server count the
// serial up. Each change is one of
//
//	add <owner> <ttl> <type> <rdata>
//	del <owner> [<type> [<rdata>]]
//
// where the owner is relative to the zone, or absolute, or "@". NSD has no
// such thing: use SetZone.
func (s *Server) Update(t testing.TB, name string, changes ...string) {
	t.Helper()
	z := s.zone(t, name)
	var list []change
	for _, line := range changes {
		c, err := parseChange(line, z.Name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, c)
	}
	s.driver.update(t, s, z, list)
}

// PurgeJournal makes a primary forget how its zone came about, so that an IXFR
// from an older serial is answered with the whole zone.
func (s *Server) PurgeJournal(t testing.TB, name string) {
	t.Helper()
	s.driver.purgeJournal(t, s, s.zone(t, name))
}

// Transfers are the outgoing transfers of a zone, oldest first.
func (s *Server) Transfers(zone string) []Transfer {
	return s.driver.transfers(s.Log(), dns.CanonicalName(zone))
}

// TransfersSince are those that the log tells after mark.
func (s *Server) TransfersSince(mark int, zone string) []Transfer {
	return s.driver.transfers(s.log.Since(mark), dns.CanonicalName(zone))
}

// Control runs the server's control tool (knotc, rndc, nsd-control) and
// returns what it printed.
func (s *Server) Control(t testing.TB, args ...string) string {
	t.Helper()
	argv := append(s.driver.control(s), args...)
	return s.run(t, "", argv...)
}

// run runs a command with the given input and ends the test if it fails.
func (s *Server) run(t testing.TB, input string, argv ...string) string {
	t.Helper()
	cmd := exec.Command(path(argv[0]), argv[1:]...)
	cmd.Dir = s.dir
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %s: %v\n%s", s, strings.Join(argv, " "), err, out)
	}
	return string(out)
}

// change is one line of Update; the owner is absolute. Deletions may lack the
// type or the data.
type change struct {
	add                     bool
	owner, ttl, rtype, data string
}

func parseChange(line, zone string) (change, error) {
	f := strings.Fields(line)
	bad := fmt.Errorf("cannot understand the change %q", line)
	if len(f) < 2 {
		return change{}, bad
	}
	c := change{owner: absolute(f[1], zone)}
	rest := f[2:]
	switch f[0] {
	case "add":
		if len(rest) < 3 {
			return change{}, bad
		}
		c.add, c.ttl, rest = true, rest[0], rest[1:]
	case "del":
	default:
		return change{}, bad
	}
	if len(rest) > 0 {
		c.rtype, c.data = rest[0], strings.Join(rest[1:], " ")
	}
	return c, nil
}

func absolute(owner, zone string) string {
	switch {
	case owner == "@":
		return zone
	case dns.IsFqdn(owner):
		return owner
	case zone == ".":
		return owner + "."
	}
	return owner + "." + zone
}

// WaitTransfer waits until the log tells, after mark, an outgoing transfer of
// this style.
func (s *Server) WaitTransfer(t testing.TB, mark int, zone, style string) {
	t.Helper()
	ask.Until(t, fmt.Sprintf("%s sends %s by %s", s, zone, style), func() error {
		list := s.TransfersSince(mark, zone)
		for _, x := range list {
			if x.Style == style {
				return nil
			}
		}
		return fmt.Errorf("only %v", list)
	})
}
