package main

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// sampled is how many zones are watched while the clock runs. To ask every zone takes a server with a slow
// lookup longer than to load it.
const sampled = 256

// allAnswer returns how long after its start all zones of a server answered, and the CPU that it took till
// then. The clock stops when a sample of the zones has answered; then every zone is asked, and if any was
// not there yet, the moment at which it was counts.
func (b *bench) allAnswer(s *server, names []string) (time.Duration, time.Duration) {
	var last time.Time
	random := rand.New(rand.NewPCG(1, 2))
	for _, i := range random.Perm(min(sampled, len(names))) {
		last = b.zoneAnswers(s, names[len(names)-1-i*len(names)/min(sampled, len(names))])
	}
	cpu := s.cpu()
	b.verify(s, names, &last)
	return last.Sub(s.begun), cpu
}

// verify asks every zone, and moves last to when the slowest answered if it did not at the first time.
func (b *bench) verify(s *server, names []string, last *time.Time) {
	const askers = 4
	var group sync.WaitGroup
	var mu sync.Mutex
	var late []string
	for a := range askers {
		group.Go(func() {
			for i := a; i < len(names); i += askers {
				if !answers(s, names[i]) {
					mu.Lock()
					late = append(late, names[i])
					mu.Unlock()
				}
			}
		})
	}
	group.Wait()
	for _, name := range late {
		*last = b.zoneAnswers(s, name)
	}
	if len(late) > 0 {
		b.say("  %s: %d zones were later than the sample", s.name, len(late))
	}
}

func (b *bench) zoneAnswers(s *server, zone string) time.Time {
	return b.watched(s, probeLabel+"."+zone, anyAddress, time.Millisecond)
}

// answers asks once, and again only when the answer is lost: a lost message is not a zone that is not there.
func answers(s *server, zone string) bool {
	w, err := newWatch(s.addr, probeLabel+"."+zone, dns.TypeA)
	if err != nil {
		return false
	}
	defer w.close()
	for range 10 {
		if m := w.ask(); m != nil {
			return anyAddress(m)
		}
	}
	return false
}
