package interop_test

import (
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
)

// live is knotd with a signed zone that is changed by dynamic update, and ours.
type live struct {
	*pair
	updates *dns.Conn
	queries *dns.Conn
	next    int // number of the next change
}

// startLive makes a zone of four records a host: an address, its NSEC record
// and their signatures. Knot 3.2 waits a second before each NOTIFY; when it is
// quiet, the test sends them.
func startLive(t testing.TB, n int, quiet bool) *live {
	t.Helper()
	w := &live{pair: plan{
		kind: peer.Knot, quiet: quiet,
		extra: "acl:\n  - id: update\n    address: 127.0.0.0/8\n    action: update",
		zone: peer.Zone{
			Name: zone, Text: hosts(zone, 1, n), Signing: &peer.Signing{SingleType: true},
			Extra: "acl: update\njournal-max-depth: 2000", // by default Knot keeps 20 changes
		},
	}.start(t)}
	w.updates, w.queries = dial(t, "tcp", w.primary.Addr()), dial(t, "udp", w.ours.Addr())
	return w
}

func dial(t testing.TB, network, addr string) *dns.Conn {
	t.Helper()
	c, err := dns.DialTimeout(network, addr, ask.Patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func exchange(t testing.TB, c *dns.Conn, m *dns.Msg) *dns.Msg {
	t.Helper()
	c.SetDeadline(time.Now().Add(ask.Patience))
	if err := c.WriteMsg(m); err != nil {
		t.Fatal(err)
	}
	for {
		reply, err := c.ReadMsg()
		if err != nil {
			t.Fatal(err)
		}
		if reply.Id == m.Id {
			return reply
		}
	}
}

// change adds a name, and every third time takes an earlier one away.
func (w *live) change(t testing.TB) {
	t.Helper()
	m := new(dns.Msg)
	m.SetUpdate(zone)
	m.Insert([]dns.RR{text(w.next)})
	if w.next%3 == 2 {
		m.Remove([]dns.RR{text(w.next - 1)})
	}
	w.next++
	if reply := exchange(t, w.updates, m); reply.Rcode != dns.RcodeSuccess {
		t.Fatalf("update %d is answered %s", w.next, dns.RcodeToString[reply.Rcode])
	}
}

func text(n int) dns.RR {
	return &dns.TXT{
		Hdr: dns.RR_Header{Name: fmt.Sprintf("c%d.%s", n, zone), Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: 300},
		Txt: []string{fmt.Sprint(n)},
	}
}

// served asks ours for its serial until it is at least the wanted one, and
// returns the moment of that answer.
func (w *live) served(t testing.TB, serial uint32) time.Time {
	t.Helper()
	m := new(dns.Msg)
	m.SetQuestion(zone, dns.TypeSOA)
	for deadline := time.Now().Add(ask.Patience); time.Now().Before(deadline); {
		m.Id = dns.Id()
		reply := exchange(t, w.queries, m)
		if len(reply.Answer) == 1 && int32(reply.Answer[0].(*dns.SOA).Serial-serial) >= 0 {
			return time.Now()
		}
	}
	t.Fatalf("serial %d never came", serial)
	return time.Time{}
}

// latency makes a change, tells ours, and returns the time from the NOTIFY to
// the first answer with the change.
func (w *live) latency(t testing.TB, serial uint32) time.Duration {
	t.Helper()
	w.change(t)
	m := new(dns.Msg)
	m.SetNotify(zone)
	m.Answer = []dns.RR{&dns.SOA{
		Hdr: dns.RR_Header{Name: zone, Rrtype: dns.TypeSOA, Class: dns.ClassINET}, Ns: ".", Mbox: ".", Serial: serial,
	}}
	begin := time.Now()
	if reply := exchange(t, w.queries, m); reply.Rcode != dns.RcodeSuccess {
		t.Fatalf("the NOTIFY is answered %s", dns.RcodeToString[reply.Rcode])
	}
	return w.served(t, serial).Sub(begin)
}

func TestAThousandChangesInARowAllArriveByIXFR(t *testing.T) {
	t.Parallel()
	w := startLive(t, 500, false)
	before, serial := w.now(t), w.primary.Serial(t, zone)
	const changes = 1000
	for range changes {
		w.change(t)
	}
	if now := w.primary.Serial(t, zone); now != serial+changes {
		t.Errorf("the primary went from serial %d to %d in %d changes", serial, now, changes)
	}
	w.waitEqualSerial(t)
	w.wantOnlyIXFR(t, before)
	w.wantChain(t, before, serial)
	w.wantEqual(t)
	now := w.now(t)
	t.Logf("%d changes by %d IXFRs", changes, now.ixfr-before.ixfr)
}

var published = regexp.MustCompile(`serial (\d+) \(was (\d+)\) by ixfr`)

// wantChain checks that each version in our log follows the one before.
func (w *live) wantChain(t *testing.T, m moment, serial uint32) {
	t.Helper()
	last := fmt.Sprint(serial)
	for _, line := range published.FindAllStringSubmatch(w.ours.LogSince(m.ownLogged), -1) {
		if line[2] != last {
			t.Errorf("%q follows serial %s", line[0], last)
		}
		last = line[1]
	}
}

func TestEachChangeIsVisibleSoonAfterItsNOTIFY(t *testing.T) {
	t.Parallel()
	w := startLive(t, 500, true)
	before, serial := w.now(t), w.primary.Serial(t, zone)
	var took []time.Duration
	const changes = 1000
	for range changes {
		serial++
		took = append(took, w.latency(t, serial))
	}
	w.wantOnlyIXFR(t, before)
	w.wantEqual(t)
	if now := w.now(t); now.ixfr-before.ixfr != changes {
		t.Errorf("%d changes came by %d IXFRs", changes, now.ixfr-before.ixfr)
	}
	slices.Sort(took)
	t.Logf("from the NOTIFY to the first answer: median %s, 99 %% %s, at most %s", took[changes/2], took[changes*99/100], took[changes-1])
}

// BenchmarkVisibleAfterNOTIFY has 100,000 records; run it with -benchtime 1000x.
func BenchmarkVisibleAfterNOTIFY(b *testing.B) {
	w := startLive(b, 25000, true)
	before, serial := w.now(b), w.primary.Serial(b, zone)
	var took []time.Duration
	for b.Loop() {
		serial++
		took = append(took, w.latency(b, serial))
	}
	w.wantOnlyIXFR(b, before)
	w.wantEqual(b)
	slices.Sort(took)
	b.ReportMetric(ms(took[len(took)/2]), "ms-median")
	b.ReportMetric(ms(took[len(took)*99/100]), "ms-p99")
	b.ReportMetric(ms(took[len(took)-1]), "ms-max")
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
