package nswatch

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

const apex = "example.org."

var (
	now       = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	first     = server("ns1.example.org.", "192.0.2.1")
	second    = server("ns2.example.org.", "198.51.100.1")
	third     = server("ns3.example.org.", "203.0.113.1")
	errBroken = errors.New("broken")
)

func server(name, addr string) Server {
	return Server{name, netip.AddrPortFrom(netip.MustParseAddr(addr), 53)}
}

// says is a server that is well and has a serial.
func says(s Server, n serial.Serial) Seen {
	return Seen{Server: s, Serial: n, Refresh: time.Hour, Expire: 24 * time.Hour, EDNS: true, Sets: make(map[Question]Set)}
}

// round has the zone's nameservers be those that are seen.
func round(seen ...Seen) *Round {
	r := &Round{Zone: apex, Seen: seen, Now: now, Hosts: make(map[string][]netip.Addr), NS: []string{}}
	for _, s := range seen {
		r.NS = append(r.NS, s.Name)
		r.Hosts[s.Name] = []netip.Addr{s.Addr.Addr()}
	}
	return r
}

// judged is a report on a round that is the first.
func judged(r *Round) *Report { return Judge(r, new(History), new(Repeats)) }

// want checks what became of a subject: empty, nothing was found; "?", it could not be judged; else the finding's text.
func want(t *testing.T, out *Report, s Subject, text string) {
	t.Helper()
	got := "?"
	if found, known := out.Known[s]; known {
		got = ""
		for _, f := range out.Findings {
			if f.Subject == s {
				got = f.Text
			}
		}
		if found != (got != "") {
			t.Errorf("%v: found %t, and the findings are %v", s, found, out.Findings)
		}
	}
	if text == "" || text == "?" || got == "" || got == "?" {
		if got != text {
			t.Errorf("%v: %q, not %q", s, got, text)
		}
		return
	}
	if !strings.Contains(got, text) {
		t.Errorf("%v: %q, which does not contain %q", s, got, text)
	}
}

// critical says whether a finding is.
func critical(t *testing.T, out *Report, s Subject) bool {
	t.Helper()
	for _, f := range out.Findings {
		if f.Subject == s {
			return f.Critical
		}
	}
	t.Fatalf("nothing is found of %v", s)
	return false
}

func rr(t *testing.T, text string) dns.RR {
	t.Helper()
	r, err := dns.NewRR(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// version makes one of records in presentation form.
func version(t *testing.T, lines ...string) *zone.Version {
	t.Helper()
	txn := zone.Replace(owner.MustParse(apex), nil)
	for _, line := range append([]string{"example.org. 60 SOA ns1 h 7 3600 600 86400 30", "example.org. 60 NS ns1.example.org."}, lines...) {
		record := rr(t, line)
		wire := make([]byte, 1024)
		end, err := dns.PackRR(record, wire, 0, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		for parsed, err := range zone.Records(wire[:end]) {
			if err != nil {
				t.Fatal(err)
			}
			if err := txn.Add(parsed); err != nil {
				t.Fatal(err)
			}
		}
	}
	v, _, err := txn.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return v
}
