package xfr

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

const testID = 4711

var apex = owner.MustParse("example.org.")

// line is a record from a shorthand: "SOA 5" is the apex SOA with serial 5, "NS" the apex NS; anything else
// is a record in presentation form, relative to example.org.
func line(t testing.TB, s string) dns.RR {
	t.Helper()
	if serial, ok := strings.CutPrefix(s, "SOA "); ok {
		s = fmt.Sprintf("@ 300 IN SOA ns hostmaster %s 3600 600 86400 300", serial)
	}
	if s == "NS" {
		s = "@ 300 IN NS ns"
	}
	zp := dns.NewZoneParser(strings.NewReader("$TTL 300\n"+s+"\n"), "example.org.", "")
	rr, ok := zp.Next()
	if !ok {
		t.Fatalf("%q: %v", s, zp.Err())
	}
	return rr
}

// reply is a message that answers a query for example.org with the records.
func replyMsg(t testing.TB, id, qtype uint16, lines ...string) *dns.Msg {
	t.Helper()
	m := new(dns.Msg)
	m.SetQuestion("example.org.", qtype)
	m.Id, m.Response, m.Authoritative, m.RecursionDesired, m.Compress = id, true, true, false, true
	for _, s := range lines {
		m.Answer = append(m.Answer, line(t, s))
	}
	return m
}

func pack(t testing.TB, m *dns.Msg) []byte {
	t.Helper()
	wire, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return wire
}

// messages packs a reply of several messages; each is lines separated by "|".
func messages(t testing.TB, id, qtype uint16, list ...string) [][]byte {
	t.Helper()
	var out [][]byte
	for _, text := range list {
		out = append(out, pack(t, replyMsg(t, id, qtype, split(text)...)))
	}
	return out
}

func split(text string) []string {
	var lines []string
	for s := range strings.SplitSeq(text, "|") {
		if s = strings.TrimSpace(s); s != "" {
			lines = append(lines, s)
		}
	}
	return lines
}

// toRR is a record as the zone takes it.
func toRR(t testing.TB, rr dns.RR) zone.RR {
	t.Helper()
	buf := make([]byte, dns.MaxMsgSize)
	n, err := dns.PackRR(rr, buf, 0, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	name := owner.MustParse(rr.Header().Name)
	return zone.RR{Owner: name, Type: rr.Header().Rrtype, TTL: rr.Header().Ttl, Data: buf[len(name)+fixedRecord : n]}
}

// version is a zone of the records.
func version(t testing.TB, text string) *zone.Version {
	t.Helper()
	txn := zone.Replace(apex, nil)
	for _, s := range split(text) {
		if err := txn.Add(toRR(t, line(t, s))); err != nil {
			t.Fatal(err)
		}
	}
	v, _, err := txn.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// show is a record, or a zone, in one line: owner relative to example.org, type and RDATA.
func show(rr zone.RR) string {
	wire := rr.AppendWire(nil)
	parsed, _, err := dns.UnpackRR(wire, 0)
	if err != nil {
		return err.Error()
	}
	if soa, ok := parsed.(*dns.SOA); ok {
		return fmt.Sprintf("SOA %d", soa.Serial)
	}
	fields := strings.Fields(parsed.String())
	name := strings.TrimSuffix(strings.TrimSuffix(fields[0], "example.org."), ".")
	if name == "" {
		name = "@"
	}
	return strings.Join(append([]string{name}, fields[3:]...), " ")
}

func showZone(v *zone.Version) string {
	if v == nil {
		return "nil"
	}
	var parts []string
	for rr := range v.All() {
		parts = append(parts, show(rr))
	}
	return strings.Join(parts, " | ")
}

// recorder collects events as text.
type recorder struct{ events []string }

func (r *recorder) emit(e Event) error {
	text := e.Kind.String()
	if e.Kind == Add || e.Kind == Delete {
		text += " " + show(e.RR)
	} else {
		text += " " + e.Serial.String()
	}
	r.events = append(r.events, text)
	return nil
}

func (r *recorder) String() string { return strings.Join(r.events, ", ") }
