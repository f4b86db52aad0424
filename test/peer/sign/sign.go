// Package sign signs zone files with ldns.
package sign

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/peer"
)

// Signer signs the files of a zone with one key.
type Signer struct{ zone, dir, key string }

// New makes a key.
func New(t testing.TB, zone string) *Signer {
	t.Helper()
	peer.RequireProgram(t, "ldns-signzone", "ldnsutils")
	s := &Signer{zone: zone, dir: t.TempDir()}
	s.key = strings.TrimSpace(s.run(t, "ldns-keygen", "-a", "ECDSAP256SHA256", "-k", zone))
	return s
}

func (s *Signer) run(t testing.TB, argv ...string) string {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = s.dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v", argv, err)
	}
	return string(out)
}

// Sign signs a zone file for sixty days, until a moment. Its names are relative to the zone.
func (s *Signer) Sign(t testing.TB, text string, until time.Time) string {
	t.Helper()
	plain, signed := filepath.Join(s.dir, "plain"), filepath.Join(s.dir, "signed")
	if err := os.WriteFile(plain, []byte("$ORIGIN "+s.zone+"\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	begin := until.Add(-60 * 24 * time.Hour)
	s.run(t, "ldns-signzone", "-o", s.zone, "-i", stamp(begin), "-e", stamp(until), "-f", signed, plain, s.key)
	out, err := os.ReadFile(signed)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func stamp(t time.Time) string { return t.UTC().Format("20060102150405") }

// DS is the DS record of the key, as a line of the parent's zone file.
func (s *Signer) DS(t testing.TB) string {
	t.Helper()
	out, err := os.ReadFile(filepath.Join(s.dir, s.key+".key"))
	if err != nil {
		t.Fatal(err)
	}
	rr, err := dns.NewRR(string(out))
	if err != nil {
		t.Fatal(err)
	}
	return rr.(*dns.DNSKEY).ToDS(dns.SHA256).String()
}
