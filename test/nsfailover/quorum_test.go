package nsfailover_test

import (
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/peer/process"
	"github.com/understudy-dns/understudy/test/understudy"
)

// An etcd is one that runs, and its URL.
type etcd struct {
	*process.Process
	url string
}

func startEtcd(t *testing.T, dir, at string) *etcd {
	t.Helper()
	peer.RequireProgram(t, "etcd", "etcd-server")
	log, err := process.NewLog(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	peerURL := "http://" + port.Addr(t, "127.0.0.1")
	p, err := process.Start(log, dir, []string{"ETCD_UNSUPPORTED_ARCH=arm64"}, "etcd", "--name", "one", "--data-dir", dir,
		"--listen-client-urls", "http://"+at, "--advertise-client-urls", "http://"+at,
		"--listen-peer-urls", peerURL, "--initial-advertise-peer-urls", peerURL, "--initial-cluster", "one="+peerURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Kill() })
	ask.Until(t, "etcd answers", func() error {
		r, err := http.Get("http://" + at + "/health")
		if err == nil {
			_ = r.Body.Close()
		}
		return err
	})
	return &etcd{p, "http://" + at}
}

// A stage has two backends, of which each site sees something else.
type stage struct {
	port int
	mu   sync.Mutex
	down map[string]bool // by the site, what of the primary it sees down
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{down: make(map[string]bool)}
	for _, host := range []string{"127.0.7.1", "127.0.7.2"} {
		l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", host, s.port))
		if err != nil {
			t.Fatal(err)
		}
		s.port = l.Addr().(*net.TCPAddr).Port
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if host == "127.0.7.1" && s.down[strings.TrimPrefix(r.URL.Path, "/")] {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})}
		go func() { _ = server.Serve(l) }()
		t.Cleanup(func() { _ = server.Close() })
	}
	return s
}

func (s *stage) see(site string, down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down[site] = down
}

// properties are those of the pool of a site, and of its quorum.
func (s *stage) properties(name, etcdURL string, more ...string) []string {
	return append([]string{
		"primary 127.0.7.1", "backup 127.0.7.2", fmt.Sprintf("check http http://www.example.org:%d/%s", s.port, name), quick,
		"}", "nsfailover quorum {", "etcd " + etcdURL, "as " + name,
	}, more...)
}

// site is one of our processes.
func (s *stage) site(t *testing.T, name, etcdURL string, more ...string) *understudy.Server {
	t.Helper()
	return start(t, s.properties(name, etcdURL, more...)...)
}

// Two of three sites must agree; without the etcd, each decides alone, and no query is lost.
func TestSitesAgree(t *testing.T) {
	t.Parallel()
	dir, at := t.TempDir(), port.Addr(t, "127.0.0.1")
	e := startEtcd(t, dir, at)
	stage := newStage(t)
	var sites []*understudy.Server
	for _, name := range []string{"a", "b", "c"} {
		sites = append(sites, stage.site(t, name, e.url))
	}
	for _, s := range sites {
		s.WaitMetric(t, "metrics", "coredns_nsfailover_quorum_sites", 3)
		wantAddrs(t, s, www, "127.0.7.1")
	}
	stage.see("a", true)
	sites[0].WaitMetric(t, "metrics", "coredns_nsfailover_target_state", 1, "target=127.0.7.1", "state=DOWN")
	for _, s := range sites {
		wantAddrs(t, s, www, "127.0.7.1")
	}
	if v, _ := sites[0].Metrics(t, "metrics").Value("coredns_nsfailover_failovers_total"); v != 0 {
		t.Errorf("one site alone moved the pool %v times", v)
	}
	stage.see("b", true)
	for _, s := range sites { // also at c, which sees it up
		wantAddrs(t, s, www, "127.0.7.2")
	}
	asking := ask.Always(t, sites[2].Addr(), www, dns.TypeA)
	e.Kill()
	for _, s := range sites {
		s.WaitMetric(t, "metrics", "coredns_nsfailover_quorum_reachable", 0)
	}
	wantAddrs(t, sites[2], www, "127.0.7.1")
	wantAddrs(t, sites[0], www, "127.0.7.2")
	stage.see("a", false)
	wantAddrs(t, sites[0], www, "127.0.7.1")
	asking.WantAllAnswered(t, 100)
	startEtcd(t, dir, at)
	for _, s := range sites {
		s.WaitMetric(t, "metrics", "coredns_nsfailover_quorum_reachable", 1)
	}
	wantAddrs(t, sites[1], www, "127.0.7.1") // b alone sees it down
}

// A site that ends is not counted any more when its lease is over.
func TestASiteThatEndsDoesNotCount(t *testing.T) {
	t.Parallel()
	e := startEtcd(t, t.TempDir(), port.Addr(t, "127.0.0.1"))
	stage := newStage(t)
	a, b := stage.site(t, "a", e.url, "agree 2"), stage.site(t, "b", e.url, "agree 2")
	a.WaitMetric(t, "metrics", "coredns_nsfailover_quorum_sites", 2)
	b.Kill9()
	a.WaitMetric(t, "metrics", "coredns_nsfailover_quorum_sites", 1)
}

// An etcd that is not there delays no start.
func TestAStartWithoutTheEtcd(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	s := stage.site(t, "a", "http://"+nobody)
	wantAddrs(t, s, www, "127.0.7.1")
	stage.see("a", true)
	wantAddrs(t, s, www, "127.0.7.2")
	s.WaitMetric(t, "metrics", "coredns_nsfailover_quorum_reachable", 0)
	s.WaitLog(t, `WARNING.*quorum: .*; this site decides alone`)
}

// protect has an etcd ask for the credentials of root.
func (e *etcd) protect(t *testing.T, password string) {
	t.Helper()
	for _, call := range [][2]string{
		{"auth/user/add", `{"name": "root", "password": "` + password + `"}`}, {"auth/role/add", `{"name": "root"}`},
		{"auth/user/grant", `{"user": "root", "role": "root"}`}, {"auth/enable", `{}`},
	} {
		r, err := http.Post(e.url+"/v3/"+call[0], "application/json", strings.NewReader(call[1]))
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		if r.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", call[0], r.Status)
		}
	}
}

// An etcd that asks for credentials, is away at the start, and comes later, is found then; also one that is away during
// a reload.
func TestAnEtcdThatComesLater(t *testing.T) {
	t.Parallel()
	dir, at := t.TempDir(), port.Addr(t, "127.0.0.1")
	e := startEtcd(t, dir, at)
	e.protect(t, "secret")
	e.Kill()
	stage := newStage(t)
	path := t.TempDir() + "/db"
	write(t, path, zoneText)
	text := func(site string) string {
		return corefile("file "+path, stage.properties(site, e.url, "credentials root secret")...)
	}
	s := understudy.Start(t, understudy.Config{Corefile: text("a")})
	s.WaitMetric(t, "metrics", "coredns_nsfailover_quorum_reachable", 0)
	s.WaitLog(t, `WARNING.*quorum: .*; this site decides alone`)
	wantAddrs(t, s, www, "127.0.7.1")
	e = startEtcd(t, dir, at)
	s.WaitMetric(t, "metrics", "coredns_nsfailover_quorum_reachable", 1)
	s.WaitMetric(t, "metrics", "coredns_nsfailover_quorum_sites", 1)
	s.WaitLog(t, `quorum: the etcd is reached`)
	e.Kill()
	s.WaitMetric(t, "metrics", "coredns_nsfailover_quorum_reachable", 0)
	s.Reload(t, text("b"))
	startEtcd(t, dir, at)
	s.WaitMetric(t, "metrics", "coredns_nsfailover_quorum_reachable", 1)
}
