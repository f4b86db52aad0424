package serialguard

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coredns/coredns/plugin/transfer"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/corefile"
	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

const apexName = "example.org."

// fake is a source of one zone. It answers as the file plugin does.
type fake struct {
	mu    sync.Mutex
	soa   *dns.SOA
	rest  []dns.RR
	err   error
	tail  []dns.RR // in place of the closing SOA
	head  bool     // the SOA alone is given out
	newer bool     // serials are compared: what is older is given out as the SOA alone
	begun func()   // called when the SOA was taken
	asked []uint32
}

func (f *fake) Transfer(name string, have uint32) (<-chan []dns.RR, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, have)
	if name != apexName {
		return nil, transfer.ErrNotAuthoritative
	}
	if f.err != nil {
		return nil, f.err
	}
	if f.soa == nil {
		panic("there is no SOA")
	}
	soa, tail := f.soa, f.tail
	if tail == nil {
		tail = []dns.RR{soa}
	}
	alone := f.head || have != 0 && (have == soa.Serial || f.newer && have > soa.Serial)
	out := make(chan []dns.RR)
	go func() {
		defer close(out)
		out <- []dns.RR{soa}
		if alone {
			return
		}
		for _, rr := range f.content() {
			out <- []dns.RR{rr}
		}
		out <- tail
	}()
	return out, nil
}

// content is found after the SOA was sent, as that of the kubernetes plugin.
func (f *fake) content() []dns.RR {
	var begun func()
	f.change(func() { begun = f.begun })
	if begun != nil {
		begun()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.rest)
}

// serve makes the zone another one.
func (f *fake) serve(t *testing.T, serial uint32, lines ...string) {
	t.Helper()
	soa := rr(t, fmt.Sprintf("@ SOA ns hostmaster %d 7200 900 1209600 300", serial)).(*dns.SOA)
	var list []dns.RR
	for _, line := range append([]string{"@ NS ns"}, lines...) {
		list = append(list, rr(t, line))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.soa, f.rest = soa, list
}

func (f *fake) change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

// transfers are the serials that it was asked with since the last time.
func (f *fake) transfers() (list []uint32) {
	f.change(func() { list, f.asked = f.asked, nil })
	return list
}

// A handler is a plugin without zones, a giver one with some.
type (
	handler struct{ name string }
	giver   struct{ handler }
)

func (h handler) Name() string { return h.name }

func (h handler) ServeDNS(context.Context, dns.ResponseWriter, *dns.Msg) (int, error) { return 0, nil }

func (giver) Transfer(string, uint32) (<-chan []dns.RR, error) {
	return nil, transfer.ErrNotAuthoritative
}

func rr(t *testing.T, line string) dns.RR {
	t.Helper()
	p := dns.NewZoneParser(strings.NewReader("$TTL 3600\n"+line+"\n"), apexName, "")
	r, ok := p.Next()
	if !ok {
		t.Fatal(line, p.Err())
	}
	return r
}

// hosts are n addresses.
func hosts(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("h%d A 192.0.2.%d", i, i))
	}
	return list
}

// A diary keeps what a watch writes.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (j *diary) write(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

// news is what was written since the last time.
func (j *diary) news() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	text := strings.Join(j.lines, "\n")
	j.lines = nil
	return text
}

// watchOf is a watch of the fake, which audits once an hour.
func watchOf(f *fake) (*watch, *diary) {
	s := &stanza{policy: guard.DefaultPolicy(), audit: time.Hour, zones: []owner.Name{owner.MustParse(apexName)}}
	w := newWatch("test", []*stanza{s}, []source{{"fake", f}})
	j := new(diary)
	w.warn, w.info, w.Of, w.place = j.write, j.write, new(corefile.Corefile), "test"
	w.zones[0].seen = new(seen)
	return w, j
}
