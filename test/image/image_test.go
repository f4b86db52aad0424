// Package image builds the container image and has it answer a query, as the user and from the file system that
// it will have. No container engine is needed: buildah isolates with chroot.
package image

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

const zoneText = `$ORIGIN example.org.
@ 300 SOA ns1 hostmaster 7 3600 600 86400 300
@ 300 NS ns1
ns1 300 A 192.0.2.1
www 300 A 192.0.2.80
`

const tag = "localhost/understudy:test"

// store is a storage of buildah's that ends with the test.
func store(t *testing.T) []string {
	t.Helper()
	peer.RequireProgram(t, "buildah", "buildah")
	peer.RequireProgram(t, "setcap", "libcap2-bin")
	dir := t.TempDir()
	buildah := []string{"buildah", "--storage-driver", "vfs", "--root", filepath.Join(dir, "root"), "--runroot", filepath.Join(dir, "run")}
	t.Cleanup(func() { _ = exec.Command(buildah[0], append(buildah[1:], "rm", "--all")...).Run() })
	return buildah
}

func build(t *testing.T, buildah []string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "../../coredns-build/image", understudy.Binary(t), tag)
	cmd.Env = append(os.Environ(), "BUILDAH="+strings.Join(buildah, " "), "BUILD_OPTIONS=--isolation chroot")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func run(t *testing.T, argv []string, more ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), argv[0], append(slices.Clone(argv[1:]), more...)...).Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			t.Fatalf("%v: %v\n%s", more, err, failed.Stderr)
		}
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func TestTheImageAnswersLikeTheOfficialOne(t *testing.T) {
	buildah := store(t)
	build(t, buildah)
	wantConfig(t, run(t, buildah, "inspect", "--type", "image", tag))
	container := run(t, buildah, "from", tag)
	wantFiles(t, run(t, buildah, "mount", container))

	from := primary.Start(t, primary.Config{Zone: "example.org."})
	from.Publish(t, zoneText)
	command := append(slices.Clone(buildah), "run", "--isolation", "chroot",
		"-v", "{{dir}}/../Corefile:{{dir}}/../Corefile", container, "--", "/coredns")
	server := understudy.Start(t, understudy.Config{Command: command, Corefile: `example.org.:{{port}} {
		bind 127.0.0.1
		secondaryplus {
			transfer from ` + from.Addr() + `
			persist /var/lib/coredns
		}
	}`})
	ask.WaitSerial(t, server.Addr(), "example.org.", 7)
	if m := ask.Ask(t, server.Addr(), "www.example.org.", dns.TypeA); len(m.Answer) != 1 {
		t.Errorf("www has %v", m.Answer)
	}
}

// wantConfig compares with what the official image says of itself.
func wantConfig(t *testing.T, inspected string) {
	t.Helper()
	var image struct {
		OCIv1 struct {
			Config struct {
				User, WorkingDir string
				Entrypoint       []string
				ExposedPorts     map[string]struct{}
				Volumes          map[string]struct{}
			} `json:"config"`
		}
	}
	if err := json.Unmarshal([]byte(inspected), &image); err != nil {
		t.Fatal(err)
	}
	c := image.OCIv1.Config
	_, udp := c.ExposedPorts["53/udp"]
	_, tcp := c.ExposedPorts["53"]
	if _, ok := c.ExposedPorts["53/tcp"]; ok {
		tcp = true
	}
	_, volume := c.Volumes["/var/lib/coredns"]
	if c.User != "65532:65532" || c.WorkingDir != "/" || !slices.Equal(c.Entrypoint, []string{"/coredns"}) || !udp || !tcp || !volume {
		t.Errorf("the image has the configuration %+v", c)
	}
}

func wantFiles(t *testing.T, root string) {
	t.Helper()
	if pem, err := os.ReadFile(filepath.Join(root, "etc/ssl/certs/ca-certificates.crt")); err != nil || len(pem) < 1000 {
		t.Errorf("certificates of CAs: %d octets, %v", len(pem), err)
	}
	capability := run(t, []string{"getcap", filepath.Join(root, "coredns")})
	if !strings.Contains(capability, "cap_net_bind_service=ep") {
		t.Errorf("/coredns may not bind to port 53: %q", capability)
	}
}
