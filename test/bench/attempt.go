package main

// attempt lets one contender do its part. When it fails, what was started meanwhile ends, the reason is kept, and
// the run goes on without it.
func (b *bench) attempt(contender string, f func()) bool {
	var err error
	func() {
		defer b.stand.recovered(&err)
		f()
	}()
	if err == nil {
		return true
	}
	b.say("  %-6s failed: %v", contender, err)
	b.results.failures = append(b.results.failures, dropout{b.measure, contender, err.Error()})
	return false
}

// alone lets every contender do something in turn, round after round, and nobody else is there meanwhile. Who
// fails once is not asked again.
func (b *bench) alone(rounds int, list []contender, do func(contender)) {
	out := map[string]bool{}
	for round := range rounds {
		for _, c := range inTurn(list, round) {
			if !out[c.title()] {
				out[c.title()] = !b.attempt(c.title(), func() { b.stand.during(func() { do(c) }) })
			}
		}
	}
}

// A field are the servers that run beside each other.
type field struct {
	b       *bench
	servers []*server
}

// loadedField starts all contenders with the large zone.
func (b *bench) loadedField(o order) *field {
	f := &field{b: b}
	for _, c := range b.contenders() {
		b.attempt(c.title(), func() {
			s := b.launch(c, o)
			b.loaded(s)
			s.settled(b)
			f.servers = append(f.servers, s)
		})
	}
	return f
}

// each lets every server do something, in the turn of a round. Who fails leaves the field.
func (f *field) each(round int, do func(*server)) {
	for _, s := range inTurn(f.servers, round) {
		if f.b.attempt(s.name, func() { do(s) }) {
			continue
		}
		s.stop()
		for i := range f.servers {
			if f.servers[i] == s {
				f.servers = append(f.servers[:i:i], f.servers[i+1:]...)
				break
			}
		}
	}
}
