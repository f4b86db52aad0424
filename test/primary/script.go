package primary

import (
	"testing"
)

// Fault is one way to answer other than correctly. Its Name is what scenario
// files call it.
type Fault struct {
	Name  string
	apply func(*Reply)
}

// Custom is a fault of the test's own.
func Custom(name string, apply func(*Reply)) Fault { return Fault{name, apply} }

// OverUDP limits a fault to queries over UDP.
func OverUDP(f Fault) Fault { return over("udp", f) }

// OverTCP limits a fault to queries over TCP.
func OverTCP(f Fault) Fault { return over("tcp", f) }

func over(network string, f Fault) Fault {
	return Fault{f.Name + "/" + network, func(r *Reply) {
		if r.Query.Net == network {
			f.apply(r)
		}
	}}
}

// script is what to do with queries of one kind.
type script struct {
	always []Fault
	next   [][]Fault // one entry for each of the next queries
}

// On gives the faults of every answer to a kind of query from now on. Without
// faults, answers are correct again.
func (p *Primary) On(k Kind, faults ...Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.scripts[k] = &script{always: faults}
}

// OnNext gives the faults of the answers to the next n queries of a kind, in
// place of what On said. Calls add up: the second's turn comes after the
// first's.
func (p *Primary) OnNext(k Kind, n int, faults ...Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.scripts[k] == nil {
		p.scripts[k] = &script{}
	}
	for range n {
		p.scripts[k].next = append(p.scripts[k].next, faults)
	}
}

// OnAll is On for every kind.
func (p *Primary) OnAll(faults ...Fault) {
	for _, k := range []Kind{SOA, AXFR, IXFR, Other} {
		p.On(k, faults...)
	}
}

// OnNames is On with faults by name, such as "refused" or "close_after=3".
func (p *Primary) OnNames(t testing.TB, k Kind, names ...string) {
	t.Helper()
	var faults []Fault
	for _, name := range names {
		f, err := ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		faults = append(faults, f)
	}
	p.On(k, faults...)
}

// faultsFor takes the faults of the query at hand.
func (p *Primary) faultsFor(k Kind) []Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.scripts[k]
	if s == nil {
		return nil
	}
	if len(s.next) > 0 {
		faults := s.next[0]
		s.next = s.next[1:]
		return faults
	}
	return s.always
}
