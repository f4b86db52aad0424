package anycast_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/peer/process"
	"github.com/understudy-dns/understudy/test/understudy"
)

// A host is a network namespace with programs in it.
type host struct {
	*testing.T
	name, dir string
}

// hosts are a name server and a router, with a wire between them.
func hosts(t *testing.T) (server, router *host) {
	t.Helper()
	peer.RequireProgram(t, "bird", "bird2")
	peer.RequireProgram(t, "ip", "iproute2")
	peer.RequireProgram(t, "curl", "curl")
	tag := fmt.Sprint(os.Getpid())
	server, router = &host{t, "us-" + tag, t.TempDir()}, &host{t, "ur-" + tag, t.TempDir()}
	for _, h := range []*host{server, router} {
		if out, err := exec.Command("ip", "netns", "add", h.name).CombinedOutput(); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%v: %s", err, out)
			}
			t.Skipf("this test makes network namespaces, which only root can: %v: %s", err, out)
		}
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", h.name).Run() })
	}
	server.mustRun("ip", "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", router.name)
	for h, addr := range map[*host]string{server: "192.0.2.2/24", router: "192.0.2.1/24"} {
		h.mustRun("ip", "addr", "add", addr, "dev", "wire")
		h.mustRun("ip", "link", "set", "wire", "up")
		h.mustRun("ip", "link", "set", "lo", "up")
	}
	return server, router
}

// argv has a command run on the host.
func (h *host) argv(argv ...string) []string {
	return append([]string{"netns", "exec", h.name}, argv...)
}

func (h *host) run(argv ...string) (string, error) {
	out, err := exec.Command("ip", h.argv(argv...)...).CombinedOutput()
	return string(out), err
}

func (h *host) mustRun(argv ...string) string {
	h.Helper()
	out, err := h.run(argv...)
	if err != nil {
		h.Fatalf("%s: %v: %v: %s", h.name, argv, err, out)
	}
	return out
}

// start starts a program that runs until the test ends, or it is ended.
func (h *host) start(env []string, argv ...string) *process.Process {
	h.Helper()
	log, err := process.NewLog(filepath.Join(h.TempDir(), "log"))
	if err != nil {
		h.Fatal(err)
	}
	p, err := process.Start(log, h.dir, env, "ip", h.argv(argv...)...)
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() {
		p.Stop()
		log.Dump(h.T, argv[0])
	})
	return p
}

func (h *host) write(name, text string) string {
	h.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		h.Fatal(err)
	}
	return path
}

func (h *host) bird(config string) {
	h.Helper()
	h.start(nil, "bird", "-f", "-c", h.write("bird.conf", config), "-s", filepath.Join(h.dir, "bird.ctl"), "-P", filepath.Join(h.dir, "bird.pid"))
}

// announced says whether the router knows the way to the service address.
func (h *host) announced() (bool, error) {
	out, err := h.run("birdc", "-s", filepath.Join(h.dir, "bird.ctl"), "show", "route")
	return strings.Contains(out, "203.0.113.53/32"), err
}

func (h *host) wantAnnounced(want bool) {
	h.Helper()
	ask.Until(h.T, fmt.Sprintf("announced: %v", want), func() error {
		is, err := h.announced()
		if err == nil && is != want {
			err = fmt.Errorf("announced: %v", is)
		}
		return err
	})
}

// knot is a primary on the host.
func (h *host) knot(zone string) *process.Process {
	h.Helper()
	peer.Require(h.T, peer.Knot)
	h.write(zone+"zone", "@ 300 SOA ns hostmaster 7 1 1 3 30\n@ 300 NS ns\nns 300 A 203.0.113.53\n")
	h.write("knot.conf", fmt.Sprintf(`server:
    listen: 127.0.0.1@5300
    rundir: %[1]s
database:
    storage: %[1]s
acl:
  - id: all
    action: transfer
zone:
  - domain: %[2]s
    storage: %[1]s
    file: %[2]szone
    acl: all
`, h.dir, zone))
	return h.start(nil, "knotd", "-c", "knot.conf")
}

// example is a file of the example, with its addresses and names those of the test.
func example(t *testing.T, name string, changes ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "coredns-build", "anycast", name))
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.NewReplacer(changes...).Replace(string(text))
	return changed
}

var oneZone = regexp.MustCompile(`example\.org example\.net`)

// The address goes away when the process is drained, when most of its zones have expired, and when nobody asks any more.
func TestTheAddressIsAnnouncedWhileTheServerIsReady(t *testing.T) {
	server, router := hosts(t)
	config, err := os.ReadFile("testdata/router.conf")
	if err != nil {
		t.Fatal(err)
	}
	router.bird(string(config))
	server.bird(example(t, "bird.conf"))
	primary := server.knot("example.org.")
	corefile := example(t, "Corefile", "192.0.2.53", "127.0.0.1:5300", "/var/lib/coredns/zones", server.dir,
		"persist", "refresh 1s 1s\n        retry 1s 1s\n        expire 3s 1h\n        persist", ". {", ".:5353 {")
	server.write("Corefile", oneZone.ReplaceAllString(corefile, "example.org"))
	binary, err := filepath.Abs(understudy.Binary(t))
	if err != nil {
		t.Fatal(err)
	}
	server.start(nil, binary, "-conf", filepath.Join(server.dir, "Corefile"))
	announce, err := filepath.Abs(filepath.Join("..", "..", "coredns-build", "anycast", "announce"))
	if err != nil {
		t.Fatal(err)
	}
	asking := server.start([]string{"SOCKET=" + filepath.Join(server.dir, "bird.ctl"), "EVERY=0.2"}, announce)
	router.wantAnnounced(true)

	server.mustRun("curl", "-fsX", "POST", "http://127.0.0.1:8053/v1/drain")
	router.wantAnnounced(false)
	server.mustRun("curl", "-fsX", "POST", "http://127.0.0.1:8053/v1/undrain")
	router.wantAnnounced(true)

	primary.Stop() // and the zone expires
	router.wantAnnounced(false)
	server.knot("example.org.")
	router.wantAnnounced(true)

	asking.Stop()
	router.wantAnnounced(false)
}
