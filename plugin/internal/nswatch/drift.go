package nswatch

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Repeats counts how often a server has differed in the same way in a row. The zero Repeats has seen nothing.
type Repeats struct{ count map[differs]int }

type differs struct {
	server Server
	q      Question
	set    Set
}

// needed is how many times. Providers without common serials publish a change one after the other; what differs once is
// most likely on its way.
func needed(content bool) int {
	if content {
		return 3
	}
	return 1
}

// step takes in what differs in this round, and returns what differs often enough. What is known of silent servers stays.
func (p *Repeats) step(now []differs, silent map[Server]bool, content bool) (enough []differs) {
	next := make(map[differs]int, len(now))
	for d, n := range p.count {
		if silent[d.server] {
			next[d] = n
		}
	}
	for _, d := range now {
		next[d] = p.count[d] + 1
		if next[d] >= needed(content) {
			enough = append(enough, d)
		}
	}
	p.count = next
	return enough
}

// Asked are the questions to which answers have differed. They are asked again as long as they do.
func (p *Repeats) Asked() []Question {
	list := make([]Question, 0, len(p.count))
	for d := range p.count {
		list = append(list, d.q)
	}
	slices.SortFunc(list, func(a, b Question) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Type, b.Type)) })
	return slices.Compact(list)
}

// drift finds servers that answer with other records, at an equal serial or, by content, at any. The records of the
// version that is here are right; where there is none with the serial, those that most servers have.
func drift(r *Round, again *Repeats, out *Report) {
	var now []differs
	asked := make(map[Server]bool)
	for _, group := range groups(r) {
		for _, q := range group.questions() {
			right, ok := group.right(q)
			for _, s := range group.seen {
				set, answered := s.Sets[q]
				if !answered || !ok {
					continue
				}
				asked[s.Server] = true
				if set != right {
					now = append(now, differs{s.Server, q, set})
				}
			}
		}
	}
	silent := make(map[Server]bool)
	for i := range r.Seen {
		silent[r.Seen[i].Server] = !asked[r.Seen[i].Server]
	}
	report(again.step(now, silent, r.Content), asked, out)
}

func report(enough []differs, asked map[Server]bool, out *Report) {
	by := make(map[Server][]string)
	for _, d := range enough {
		by[d.server] = append(by[d.server], d.q.String())
	}
	for s := range asked {
		at := Subject{Kind: Drift, Server: s}
		if list := by[s]; len(list) > 0 {
			slices.Sort(list)
			out.found(at, true, fmt.Sprintf("answers with other records than it should: %s", strings.Join(list, ", ")))
			continue
		}
		out.good(at)
	}
}

// group are servers that should have the same records.
type group struct {
	seen []*Seen
	here map[Question]Set // nil: the version that is here is another one
}

// groups are the servers by their serial. By content, there is one group.
func groups(r *Round) (list []*group) {
	by := make(map[uint32]*group)
	for i := range r.Seen {
		s := &r.Seen[i]
		if !s.Authority() {
			continue
		}
		key := uint32(s.Serial)
		if r.Content {
			key = 0
		}
		if by[key] == nil {
			by[key] = new(group)
			if r.Here.Loaded && (r.Content || r.Here.Serial == s.Serial) {
				by[key].here = r.Here.Sets
			}
			list = append(list, by[key])
		}
		by[key].seen = append(by[key].seen, s)
	}
	return list
}

// questions are those that somebody has answered, in order.
func (g *group) questions() []Question {
	all := make(map[Question]bool)
	for _, s := range g.seen {
		for q := range s.Sets {
			all[q] = true
		}
	}
	return slices.SortedFunc(maps.Keys(all), func(a, b Question) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Type, b.Type))
	})
}

// right is what servers should answer; ok is false if there is nothing to compare with.
func (g *group) right(q Question) (set Set, ok bool) {
	if set, ok = g.here[q]; ok {
		return set, true
	}
	votes := make(map[Set]int)
	for _, s := range g.seen {
		if set, ok := s.Sets[q]; ok {
			votes[set]++
		}
	}
	if len(votes) == 0 || len(g.seen) < 2 {
		return "", false
	}
	// Among equals that of the lower octets, so that it is the same every time.
	return slices.MaxFunc(slices.Sorted(maps.Keys(votes)), func(a, b Set) int { return cmp.Compare(votes[a], votes[b]) }), true
}
