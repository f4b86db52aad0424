package main

import "fmt"

// delta: how long it takes until a change of 10,000 records, 5,000 addresses replaced by others, is answered.
type delta struct{}

var (
	deltaMedian = figure{measure: "delta", title: "change of 10,000 records, NOTIFY to answer", unit: seconds, goal: goal{most: 0.030}}
	deltaCPU    = figure{measure: "delta", title: "change of 10,000 records, CPU", unit: seconds}
	deltaMissed = figure{measure: "delta", title: "large changes not taken after the first NOTIFY", unit: count, of: sum, plain: true}
)

func (delta) name() string { return "delta" }

func (delta) about(o options) string {
	return fmt.Sprintf("%d changes of %d records in %d", deltas(o), 2*largeChurn, o.records)
}

// deltas is how many there are.
func deltas(o options) int { return max(o.changes/3, 1) }

func (delta) run(b *bench) {
	b.stand.during(func() {
		f := b.loadedField(b.largeOrder())
		for i := range deltas(b.options) {
			r := b.large.revise(b, largeChurn)
			f.each(i, func(s *server) {
				before := s.cpu()
				took := b.visible(s, r, loadPoll, deltaMissed)
				b.results.add(deltaMedian, s.name, took.Seconds())
				b.results.add(deltaCPU, s.name, (s.cpu() - before).Seconds())
			})
		}
	})
}
