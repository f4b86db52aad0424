package nsfailover_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/understudy"
)

const (
	zone = "example.org."
	www  = "www." + zone
)

const zoneText = `$ORIGIN example.org.
@ 300 SOA ns hostmaster 7 3600 600 86400 30
@ 300 NS ns
ns 300 A 127.0.0.1
www 300 A 192.0.2.99
alias 300 CNAME www
other 300 A 192.0.2.7
`

// A backend is a web server that answers as it is told.
type backend struct {
	addr   string // without the port
	status atomic.Int32
	hang   atomic.Bool
	load   atomic.Int32
	shy    atomic.Bool // it tells no load
	asked  atomic.Int32
}

// backends are web servers at several loopback addresses, all at one port, as a pool has them.
func backends(t *testing.T, hosts ...string) (list []*backend, port int) {
	t.Helper()
	for _, host := range hosts {
		b := &backend{addr: host}
		b.status.Store(http.StatusOK)
		l, err := net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(port)))
		if err != nil {
			t.Fatal(err)
		}
		port = l.Addr().(*net.TCPAddr).Port
		server := &http.Server{Handler: b}
		go func() { _ = server.Serve(l) }()
		t.Cleanup(func() { _ = server.Close() })
		list = append(list, b)
	}
	return list, port
}

// ServeHTTP implements http.Handler.
func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.asked.Add(1)
	if b.hang.Load() {
		<-r.Context().Done()
		return
	}
	if !b.shy.Load() {
		w.Header().Set("X-Load", fmt.Sprint(b.load.Load()))
	}
	w.WriteHeader(int(b.status.Load()))
	fmt.Fprintf(w, "host %s", r.Host)
}

func (b *backend) fail() { b.status.Store(http.StatusServiceUnavailable) }
func (b *backend) heal() { b.status.Store(http.StatusOK) }

// quick is what makes health decide within a second or two.
const quick = "interval 1s fast 200ms down 300ms\ntimeout 150ms\nfall 2 rise 2 clear 1\nhold_down 300ms\nfailback auto 500ms"

// start starts ours with the zone from the file plugin, and a pool.
func start(t *testing.T, pool ...string) *understudy.Server {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db.example.org")
	if err := os.WriteFile(path, []byte(zoneText), 0o600); err != nil {
		t.Fatal(err)
	}
	return understudy.Start(t, understudy.Config{Corefile: corefile("file "+path, pool...)})
}

func corefile(below string, pool ...string) string {
	lines := []string{
		zone + ":{{port}} {", "bind 127.0.0.1", "errors", "prometheus 127.0.0.1:{{port:metrics}}", "nsfailover pool www.example.org {",
	}
	lines = append(lines, pool...)
	return strings.Join(append(lines, "}", below, "}", ""), "\n")
}

// addrs are the addresses of a name, in order.
func addrs(t *testing.T, s *understudy.Server, name string) string {
	t.Helper()
	list, err := addrsOf(s.Addr(), name)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func addrsOf(server, name string) (string, error) {
	m, err := ask.Query(server, name, dns.TypeA)
	if err != nil {
		return "", err
	}
	if m.Rcode != dns.RcodeSuccess {
		return dns.RcodeToString[m.Rcode], nil
	}
	var list []string
	for _, rr := range m.Answer {
		if a, ok := rr.(*dns.A); ok {
			list = append(list, a.A.String())
		}
	}
	slices.Sort(list)
	return strings.Join(list, " "), nil
}

func wantAddrs(t *testing.T, s *understudy.Server, name, want string) {
	t.Helper()
	ask.Until(t, name+" has "+want, func() error { return hasAddrs(s, name, want) })
}

// hasAddrs says if a name is answered with other addresses.
func hasAddrs(s *understudy.Server, name, want string) error { return addrsAre(s.Addr(), name, want) }

func addrsAre(server, name, want string) error {
	got, err := addrsOf(server, name)
	if err == nil && got != want {
		err = fmt.Errorf("it has %s", got)
	}
	return err
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
