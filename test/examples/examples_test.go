package examples

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/relay"
	"github.com/understudy-dns/understudy/test/understudy"
)

const root = "../.."

// The zones that the examples speak of, and the key of the signed ones.
var (
	zones = []string{"example.org.", "example.net.", "2.0.192.in-addr.arpa."}
	key   = peer.Key{Name: "transfer.example.org.", Algorithm: "hmac-sha256", Secret: "c2VjcmV0LW9mLXRoZS1leGFtcGxlLTMyLW9jdGV0cyE="}
)

const zoneText = `@ 300 SOA ns1 hostmaster 7 3600 600 86400 300
@ 300 NS ns1.example.org.
ns1 300 A 127.0.0.1
www 300 A 192.0.2.80
`

// The catalog of the examples, and what it lists.
const catalogName = "catalog.example."

var members = []string{"example.org.", "sub.example.org."}

const catalogText = `version 0 TXT "2"
a.zones 0 PTR example.org.
b.zones 0 PTR sub.example.org.
group.b.zones 0 TXT far
`

// primary serves the examples' zones on a loopback address, to those who sign when the example does.
func primary(t *testing.T, host, algorithm string) *peer.Server {
	t.Helper()
	config := peer.Config{Host: host, Keys: []peer.Key{key}}
	config.Keys[0].Algorithm = algorithm
	for _, name := range append([]string{catalogName, "sub.example.org."}, zones...) {
		z := peer.Zone{Name: name, Text: "$ORIGIN " + name + "\n" + zoneText}
		if name == catalogName {
			z.Text += catalogText
		}
		if algorithm != "" {
			z.AllowTransfer = []peer.Access{{Key: key.Name}}
		}
		config.Zones = append(config.Zones, z)
	}
	if algorithm == "" {
		config.Keys = nil
	}
	return peer.Start(t, peer.Knot, config)
}

var (
	signed   = regexp.MustCompile(`key transfer\.example\.org\. (hmac-sha\d+)`)
	stanza   = regexp.MustCompile(`(?m)^    secondaryplus ?(.*?) ?\{$`)
	keysLine = regexp.MustCompile(`(?m)^([^\s#}][^{#]*)\{$`)
)

var pins = regexp.MustCompile(`tls_pin .*`)

// overTLS puts a relay that speaks TLS before each primary. The pin of an example becomes that of the relays.
func overTLS(t *testing.T, text string, primaries map[string]string) string {
	t.Helper()
	certFile, keyFile := peer.NewCA(t).Issue(t, time.Hour, "primary.test")
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	for addr, to := range primaries {
		primaries[addr] = relay.Start(t, relay.Config{To: to, TLS: &tls.Config{Certificates: []tls.Certificate{cert}}}).Addr()
	}
	pin := sha256.Sum256(cert.Leaf.RawSubjectPublicKeyInfo)
	return pins.ReplaceAllString(text, "tls_pin "+base64.StdEncoding.EncodeToString(pin[:]))
}

// served are the zones that an example is a secondary of.
func served(text string) (names []string) {
	for _, m := range stanza.FindAllStringSubmatchIndex(text, -1) {
		args := strings.Fields(text[m[2]:m[3]])
		if len(args) == 0 {
			blocks := keysLine.FindAllStringSubmatch(text[:m[0]], -1)
			args = strings.Fields(blocks[len(blocks)-1][1])
		}
		for _, arg := range args {
			name, _, _ := strings.Cut(arg, ":")
			names = append(names, dns.Fqdn(name))
		}
	}
	return names
}

func TestEveryCorefileShownStartsAndAnswers(t *testing.T) {
	peer.Require(t, peer.Knot)
	dir, err := filepath.Abs(filepath.Join(root, "Corefile.examples"))
	if err != nil {
		t.Fatal(err)
	}
	list, err := all(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 10 {
		t.Fatalf("only %d Corefiles were found", len(list))
	}
	for _, example := range list {
		t.Run(example.where, func(t *testing.T) {
			t.Parallel()
			algorithm := ""
			if m := signed.FindStringSubmatch(example.text); m != nil {
				algorithm = m[1]
			}
			primaries := map[string]string{
				"192.0.2.53": primary(t, "127.0.0.1", algorithm).Addr(),
				"192.0.2.54": primary(t, "127.0.0.2", algorithm).Addr(),
			}
			text := example.text
			if strings.Contains(text, "tls://") {
				text = overTLS(t, text, primaries)
			}
			s := understudy.Start(t, understudy.Config{Corefile: local(text, primaries, dir)})
			names := served(example.text)
			if len(names) == 0 {
				wantWatched(t, s)
				return
			}
			if slices.Contains(names, catalogName) {
				names = append(names, members...)
			}
			for _, name := range names {
				if example.where == "quickstart.corefile" {
					name = "www." + name // its own primary's serial is the file's
					ask.WaitRcode(t, s.Addr(), name, dns.RcodeSuccess)
					continue
				}
				ask.WaitSerial(t, s.Addr(), name, 7)
				if got := ask.Ask(t, s.Addr(), "www."+name, dns.TypeA); len(got.Answer) == 0 || !got.Authoritative {
					t.Errorf("www.%s: %v", name, got)
				}
			}
		})
	}
}

// The watch of an example looks at the nameserver of the zone, which is the server itself.
func TestTheWatchedNameserversAreLookedAt(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "Corefile.examples", "watched-nameservers.corefile"))
	if err != nil {
		t.Fatal(err)
	}
	from := map[string]string{"192.0.2.53": primary(t, "127.0.0.1", "").Addr(), "192.0.2.54": primary(t, "127.0.0.2", "").Addr()}
	s := understudy.Start(t, understudy.Config{Corefile: local(string(text), from, root)})
	s.WaitLog(t, `example\.org\.: there is one nameserver, ns1\.example\.org\.`)
	s.WaitMetric(t, "p9153", "coredns_nsfailover_ns_up", 1, "ns=ns1.example.org.", "address=127.0.0.1")
}

// wantWatched waits until a server that is a secondary of nothing watches its own zone, and looks whether it is answered.
func wantWatched(t *testing.T, s *understudy.Server) {
	t.Helper()
	s.WaitLog(t, `example\.org\.: serial \d+ of plugin file is watched`)
	if got := ask.Ask(t, s.Addr(), "www.example.org.", dns.TypeA); len(got.Answer) != 1 || !got.Authoritative {
		t.Errorf("www.example.org.: %v", got)
	}
}

// Each example is told of in the README, and everything that the README tells of is there.
func TestTheReadmeListsEveryExample(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "Corefile.examples", "*.corefile"))
	if err != nil {
		t.Fatal(err)
	}
	listed := regexp.MustCompile(`\(Corefile\.examples/([a-z-]+\.corefile)\)`).FindAllStringSubmatch(string(readme), -1)
	if len(listed) != len(files) {
		t.Errorf("%d examples are listed, %d are there", len(listed), len(files))
	}
	for _, m := range listed {
		if _, err := os.Stat(filepath.Join(root, "Corefile.examples", m[1])); err != nil {
			t.Error(err)
		}
	}
}
