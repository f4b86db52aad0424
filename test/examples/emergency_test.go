package examples

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/understudy"
)

// The example keeps its promise: a server that starts without a primary answers from the zone file.
func TestTheEmergencyZoneAnswersWithoutAPrimary(t *testing.T) {
	dir, err := filepath.Abs(filepath.Join(root, "Corefile.examples"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "emergency-zone.corefile"))
	if err != nil {
		t.Fatal(err)
	}
	nobody := map[string]string{"192.0.2.53": "127.0.0.1:1"}
	s := understudy.Start(t, understudy.Config{Corefile: local(string(text), nobody, dir)})
	for name, want := range map[string]string{"www.example.org.": "192.0.2.99", "mail.example.org.": "192.0.2.25"} {
		ask.Until(t, name+" is answered from the file", func() error {
			m, err := ask.Query(s.Addr(), name, dns.TypeA)
			if err != nil {
				return err
			}
			if len(m.Answer) != 1 || m.Answer[0].(*dns.A).A.String() != want {
				return fmt.Errorf("%v", m)
			}
			return nil
		})
	}
}
