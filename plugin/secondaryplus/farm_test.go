package secondaryplus

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	clog "github.com/coredns/coredns/plugin/pkg/log"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// What is logged is a matter of the system tests, and thousands of lines here.
func init() { clog.Discard() }

// farm is a primary without a network: of its catalogs, and of every other zone.
type farm struct {
	mu       sync.Mutex
	catalogs map[string][]string // members, each as "ID zone"
	serials  map[string]uint32
	down     bool
	refused  string // a zone that is not had here
	probed   map[string]int
	fetched  map[string]int
}

func newFarm() *farm {
	return &farm{
		catalogs: map[string][]string{}, serials: map[string]uint32{},
		probed: map[string]int{}, fetched: map[string]int{},
	}
}

// set makes a new version of a catalog; the next refresh sees it.
func (f *farm) set(name string, members ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.catalogs[name] = members
	f.serials[name]++
}

func (f *farm) stop(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
}

func (f *farm) refuse(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refused = name
}

var errFarm = errors.New("the farm is down")

// Probe implements refresh.Fetcher.
func (f *farm) Probe(_ context.Context, apex owner.Name, _ xfr.Primary) (xfr.Probed, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.probed[apex.Canonical()]++
	if f.down || apex.Canonical() == f.refused {
		return xfr.Probed{}, errFarm
	}
	return xfr.Probed{SOA: zone.SOA{Serial: serial.Serial(f.serials[apex.Canonical()])}, RTT: time.Millisecond}, nil
}

// asked is how often a zone was asked for its SOA, and how often it was fetched.
func (f *farm) asked(name string) (probes, fetches int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.probed[name], f.fetched[name]
}

// Fetch implements refresh.Fetcher.
func (f *farm) Fetch(_ context.Context, apex owner.Name, _ xfr.Primary, have *zone.Version, _ xfr.Options) (xfr.Fetched, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := apex.Canonical()
	f.fetched[name]++
	if f.down || name == f.refused {
		return xfr.Fetched{}, errFarm
	}
	txn := zone.Replace(apex, have)
	soa := binary.BigEndian.AppendUint32([]byte{0, 0}, f.serials[name])
	for _, timer := range []uint32{3600, 600, 86400, 300} {
		soa = binary.BigEndian.AppendUint32(soa, timer)
	}
	err := errors.Join(
		txn.Add(zone.RR{Owner: apex, Type: dns.TypeSOA, Data: soa}),
		txn.Add(zone.RR{Owner: apex, Type: dns.TypeNS, Data: []byte{0}}),
	)
	if members, ok := f.catalogs[name]; ok {
		err = errors.Join(err, txn.Add(zone.RR{Owner: owner.MustParse("version." + name), Type: dns.TypeTXT, Data: []byte("\x012")}))
		for _, m := range members {
			id, member, _ := strings.Cut(m, " ")
			node := owner.MustParse(id + ".zones." + name)
			member, heir, given := strings.Cut(member, " ")
			err = errors.Join(err, txn.Add(zone.RR{Owner: node, Type: dns.TypePTR, Data: owner.MustParse(member)}))
			if given {
				coo := owner.MustParse("coo." + node.String())
				err = errors.Join(err, txn.Add(zone.RR{Owner: coo, Type: dns.TypePTR, Data: owner.MustParse(heir)}))
			}
		}
	}
	if err != nil {
		return xfr.Fetched{}, err
	}
	v, delta, err := txn.Commit()
	return xfr.Fetched{Version: v, Delta: delta, How: xfr.ByAXFR}, err
}

// stage is an engine whose zones come from a farm, on a clock of its own.
type stage struct {
	*testing.T
	*farm
	e *engine
}

func onStage(t *testing.T, sentence string, play func(s *stage)) {
	t.Helper()
	t.Run(sentence, func(t *testing.T) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) { play(&stage{t, newFarm(), testEngine()}) })
	})
}

// block is an instance of a server block; it must be attached and detached.
func (s *stage) block(stanzas ...string) *Plugin {
	s.Helper()
	for i, stanza := range stanzas {
		name, lines, _ := strings.Cut(stanza, ": ")
		stanzas[i] = fmt.Sprintf("secondaryplus %s {\n transfer from 127.0.0.1:1\n %s\n}", name, lines)
	}
	p := instance(s.T, ".", strings.Join(stanzas, "\n"))
	for _, zone := range p.order {
		zone.refresh.Fetcher = s.farm
	}
	return p
}

// begin attaches a block, which ends with the test's function unless end is called before.
func (s *stage) begin(stanzas ...string) *Plugin {
	s.Helper()
	p := s.block(stanzas...)
	mustAttach(s.T, s.e, p)
	synctest.Wait()
	return p
}

// reload attaches the next block; what becomes of it is for the test to say.
func (s *stage) reload(stanzas ...string) *Plugin {
	s.Helper()
	p := s.block(stanzas...)
	mustAttach(s.T, s.e, p)
	synctest.Wait()
	return p
}

// update sets a catalog and has it seen.
func (s *stage) update(p *Plugin, name string, members ...string) {
	s.Helper()
	s.set(name, members...)
	s.catalog(p, name).notify(refresh.Hint{})
	synctest.Wait()
}

func (s *stage) after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// catalog is the engine's zone of a name in a block's table.
func (s *stage) catalog(p *Plugin, name string) *member {
	s.Helper()
	served := p.table()[string(owner.MustParse(name))]
	if served == nil {
		s.Fatalf("%s is not served", name)
	}
	return served.member
}

// wantServed checks which members of catalogs a block serves, and that the engine has all of them.
func (s *stage) wantServed(p *Plugin, names ...string) {
	s.Helper()
	got := map[string]bool{}
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	for _, served := range p.table() {
		if !served.origin.fromCatalog() {
			continue
		}
		got[served.name] = true
		if !slices.Contains(served.member.holders, p) || s.e.byZone[served.zone()] != served.member {
			s.Errorf("%s has no member in the engine", served.name)
		}
	}
	for _, name := range names {
		if !got[name] {
			s.Errorf("%s is not served", name)
		}
	}
	if len(got) != len(names) {
		s.Errorf("served are %v", got)
	}
}

// members is how many zones the engine has.
func (s *stage) members() int { return len(s.e.all()) }

// end detaches the last block and checks that nothing is left.
func (s *stage) end(p *Plugin) {
	s.Helper()
	s.e.detach(p)
	if len(s.e.members) != 0 || len(s.e.byName) != 0 || len(s.e.byZone) != 0 || s.e.curator != nil || s.e.scheduler != nil {
		s.Errorf("left: %d members, %d names, %d zones", len(s.e.members), len(s.e.byName), len(s.e.byZone))
	}
}
