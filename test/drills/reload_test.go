package drills_test

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

func TestDrill24PrimaryRenumbered(t *testing.T) {
	t.Parallel()
	old := primary.Start(t, primary.Config{Zone: zone})
	old.Publish(t, calm(1, 50))
	s := understudy.Start(t, understudy.Config{Corefile: corefile(old.Addr())})
	waitServed(t, s)
	unanswered, _ := s.Metrics(t, "metrics").Value("coredns_secondaryplus_unanswered_queries_total")
	a := ask.Always(t, s.Addr(), "h49."+zone, dns.TypeA)
	old.OnAll(primary.Silent())
	renumbered := primary.Start(t, primary.Config{Zone: zone, Addr: port.Addr(t, "127.0.0.2")})
	renumbered.Publish(t, calm(2, 60))
	before := len(old.Queries())
	s.Reload(t, corefile(renumbered.Addr()))
	ask.WaitSerial(t, s.Addr(), zone, 2) // the new primary is asked at once
	wantServing(t, s, 2, 60)
	a.WantAllAnswered(t, 1)
	if asked := old.Queries()[before:]; len(asked) > 0 {
		t.Errorf("the old address was asked: %v", asked)
	}
	s.WaitLog(t, `serial 2 \(was 1\) by axfr from 127\.0\.0\.2:`)
	metric(t, s, "unanswered_queries_total", unanswered) // those of the start
	if m := ask.Notify(t, s.Addr(), zone, 3, nil); m.Rcode != dns.RcodeRefused {
		t.Errorf("a NOTIFY from the old address is answered %s", dns.RcodeToString[m.Rcode])
	}
	renumbered.Publish(t, calm(3, 70))
	notify(t, renumbered, s)
	ask.WaitSerial(t, s.Addr(), zone, 3)
}

// footprint is what must not grow from reload to reload.
type footprint struct {
	goroutines, descriptors int
	heap                    int64
}

func footprintOf(t *testing.T, s *understudy.Server) footprint {
	t.Helper()
	return footprint{s.Goroutines(t, "pprof"), s.Usage(t).Descriptors, s.Heap(t, "pprof")}
}

// grown says what is more than it was, by more than what is under way at any moment.
func (f footprint) grown(before footprint) error {
	if f.goroutines > before.goroutines+3 || f.descriptors > before.descriptors+3 || f.heap > before.heap+before.heap/10+1<<20 {
		return fmt.Errorf("%+v, was %+v", f, before)
	}
	return nil
}

// reloads are how many, and the pause between two.
func reloads() (n int, pause time.Duration) {
	if long() {
		return 60, time.Second
	}
	return 10, 0
}

func TestDrill25ReloadEverySecondForAMinute(t *testing.T) {
	t.Parallel()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, calm(1, 20000))
	s := understudy.Start(t, understudy.Config{Corefile: corefileWith([]string{"transfer {\nto *\n}"}, p.Addr())})
	waitServed(t, s)
	s.Reload(t, "") // what the first reload makes stays
	before := footprintOf(t, s)
	udp, tcp := ask.Always(t, s.Addr(), "h49."+zone, dns.TypeA), ask.Always(t, s.Addr(), "h48."+zone, dns.TypeA, ask.TCP())
	n, pause := reloads()
	for i := range uint32(n) {
		tick := time.NewTimer(pause)
		s.Reload(t, "")
		if i%3 == 0 { // and refreshes go on
			p.Publish(t, calm(2+i, 20000+int(i)))
			notify(t, p, s)
			ask.WaitSerial(t, s.Addr(), zone, 2+i)
		}
		<-tick.C
	}
	udp.WantAllAnswered(t, n)
	tcp.WantAllAnswered(t, n)
	if axfrs := p.Count(primary.AXFR); axfrs != 1 {
		t.Errorf("%d AXFRs: a reload took a zone away", axfrs)
	}
	metric(t, s, "zone_state", 1, "state=serving")
	ask.Until(t, "no goroutine, no descriptor and no memory is left of the reloads", func() error {
		return footprintOf(t, s).grown(before)
	})
	t.Logf("before %+v, after %d reloads %+v", before, n, footprintOf(t, s))
}

func TestDrill26BrokenCorefile(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	inUse := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	p, s := start(t, steady(1, 50), quick...)
	good := corefile(p.Addr(), quick...)
	elsewhere := strings.ReplaceAll(good, p.Addr(), "127.0.0.77:1") // what must not count
	a := ask.Always(t, s.Addr(), "h49."+zone, dns.TypeA)
	before := s.Usage(t).Descriptors
	serial := uint32(1)
	for _, c := range []struct{ name, corefile, why string }{
		{"a brace too many", strings.Replace(elsewhere, "errors", "errors }", 1), `Corefile:\d+ .*no matching opening brace`},
		{"a file that ends too soon", elsewhere[:strings.Index(elsewhere, "refresh")], `Corefile:\d+ .*Unexpected EOF`},
		{"a file to import that is not there", strings.Replace(elsewhere, "errors", "import nowhere", 1), `File to import not found`},
		{"a block given twice", elsewhere + elsewhere, `already defined`},
		{"a plugin that does not exist", strings.Replace(elsewhere, "errors", "errers", 1), `errers`},
		{"a property that does not exist", strings.Replace(elsewhere, "refresh 1s", "refrech 1s", 1), `Corefile:\d+.*refrech`},
		{"a key that is not defined", strings.Replace(elsewhere, "127.0.0.77:1", "127.0.0.77:1 key nobody.", 1), `nobody`},
		{"a value that makes no sense", strings.Replace(elsewhere, "expire 1s 30s", "expire 30s 1s", 1), `Corefile:\d+.*`},
		{"a port that another process has", elsewhere + "other.example:" + inUse + " {\nbind 127.0.0.1\n}\n", `address already in use`},
	} {
		serial++
		wantStillGoingOn(t, p, s, c.name, c.corefile, c.why, serial)
	}
	a.WantAllAnswered(t, 0)
	ask.Until(t, "no socket is left of the failed reloads", func() error {
		if now := s.Usage(t).Descriptors; now > before+5 {
			return fmt.Errorf("%d descriptors, were %d", now, before)
		}
		return nil
	})
	s.Reload(t, good)
	p.Publish(t, steady(1000, 50))
	ask.WaitSerial(t, s.Addr(), zone, 1000)
}

// wantStillGoingOn loads a Corefile that is refused, and wants a change at the primary all the same: by the
// timers first, then by NOTIFY.
func wantStillGoingOn(t *testing.T, p *primary.Primary, s *understudy.Server, name, corefile, why string, serial uint32) {
	t.Helper()
	mark := s.Mark()
	if err := s.TryReload(t, corefile); err == nil {
		t.Fatalf("%s: the reload succeeded", name)
	}
	s.WaitLogFrom(t, mark, why)
	p.Publish(t, steady(10*serial, 50))
	ask.WaitSerial(t, s.Addr(), zone, 10*serial)
	p.Publish(t, steady(10*serial+1, 50))
	notify(t, p, s)
	ask.WaitSerial(t, s.Addr(), zone, 10*serial+1)
	metric(t, s, "zone_state", 1, "state=serving")
	metric(t, s, "refreshes_total", 0, "result=failed")
}
