package downstream_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
)

// 52: the NSEC3 chain gets other salts, each of which comes to the secondaries by IXFR (RFC 5155 §7.3).
func Test52AResaltedZoneComesByIXFR(t *testing.T) {
	t.Parallel()
	peer.Require(t, peer.Named) // its package has the signing tools
	salts := []string{"aabbccdd", "-", "0123456789abcdef"}
	texts := resalted(t, salts)
	eachBelow(t, nil, func(t *testing.T, startBelow func(*testing.T, *stand) below) {
		s := start(t, texts(1), nil, "transfer to *")
		b := startBelow(t, s)
		s.tell(t, b, 1)
		wantDenied(t, b.Addr(), salts[0])
		for serial := uint32(2); serial <= 3; serial++ {
			s.publish(t, serial, serial, texts)
			s.tell(t, b, serial)
			s.waitSent(t, "ixfr", int(serial)-1)
			wantDenied(t, b.Addr(), salts[serial-1])
			wantSame(t, s, b.Addr(), nil)
		}
	})
}

// resalted signs a zone once for each salt. It is one of which little is signed (opt-out, RFC 5155 §6), so that
// another chain is a small change.
func resalted(t *testing.T, salts []string) func(serial uint32) string {
	t.Helper()
	dir := t.TempDir()
	key := tool(t, dir, "dnssec-keygen", "-q", "-K", dir, "-f", "KSK", "-a", "ECDSAP256SHA256", "-n", "ZONE", zone)
	var texts []string
	for i, salt := range salts {
		var b strings.Builder
		fmt.Fprintf(&b, "$TTL 300\n@ SOA ns hostmaster %d 3600 1 86400 30\n@ NS ns\nns A 127.0.0.1\n", i+1)
		for n := range 500 {
			fmt.Fprintf(&b, "d%d NS ns.d%d\nns.d%d A 192.0.2.%d\n", n, n, n, n%250+1)
		}
		file := filepath.Join(dir, "zone")
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		tool(t, dir, "dnssec-signzone", "-q", "-S", "-z", "-P", "-K", dir, "-O", "full", "-o", zone, "-f", file+".signed",
			"-3", salt, "-H", "0", "-A", file, filepath.Join(dir, strings.TrimSpace(key)))
		signed, err := os.ReadFile(file + ".signed")
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(signed))
	}
	return func(serial uint32) string { return texts[serial-1] }
}

func tool(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, complaint.String())
	}
	return string(out)
}

// wantDenied checks the proof that a name does not exist: an NSEC3 record of its closest encloser, one that
// covers the name, with the salt (RFC 5155 §8.4).
func wantDenied(t *testing.T, addr, salt string) {
	t.Helper()
	m := ask.Ask(t, addr, "no.such."+zone, dns.TypeA, ask.TCP(), ask.DO())
	var chain []*dns.NSEC3
	for _, rr := range m.Ns {
		if n, ok := rr.(*dns.NSEC3); ok {
			chain = append(chain, n)
			if n.Salt != strings.TrimPrefix(salt, "-") {
				t.Errorf("the salt is %q, not %s", n.Salt, salt)
			}
		}
	}
	match := slices.ContainsFunc(chain, func(n *dns.NSEC3) bool { return n.Match(zone) })
	cover := slices.ContainsFunc(chain, func(n *dns.NSEC3) bool { return n.Cover("such." + zone) })
	if m.Rcode != dns.RcodeNameError || !match || !cover {
		t.Errorf("no proof: %v", m)
	}
}
