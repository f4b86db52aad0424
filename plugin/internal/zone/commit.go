package zone

import (
	"maps"
	"slices"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// Commit makes the new Version and the Delta from the base to it; the Delta is nil when there was no base.
// The transaction is finished then, whatever the outcome. Error: ErrSOA.
func (t *Txn) Commit() (*Version, *Delta, error) {
	if t.finished {
		return nil, nil, ErrFinished
	}
	t.finished = true
	var trees [2]tree
	var c *commit
	if t.full != nil {
		trees, c = t.full.finish(t)
	} else {
		c = newCommit(t)
		for where := range trees {
			trees[where] = t.edited(where, c)
		}
	}
	next := &Version{apex: t.apex, names: trees[inNames], hashed: trees[inHashed]}
	if t.base != nil {
		c.hash.add(t.base.hash)
		c.counts.add(t.base.counts)
	}
	next.hashKey, next.hash, next.counts = c.hasher.key, c.hash, c.counts.settled()
	if err := next.finish(); err != nil {
		return nil, nil, err
	}
	if c.delta != nil {
		c.delta.bind(t.base, next)
	}
	return next, c.delta, nil
}

// finish checks the apex and keeps what every answer needs from it.
func (v *Version) finish() error {
	at, ok := v.names.get(nil)
	if !ok {
		return ErrSOA
	}
	v.apexAt = at.data
	v.apexSOA, _ = at.RRset(dns.TypeSOA)
	v.apexNS, _ = at.RRset(dns.TypeNS)
	if v.apexSOA.Len() != 1 {
		return ErrSOA
	}
	v.apex = at.Owner(nil, v.apex)
	var err error
	v.soa, err = ParseSOA(v.SOARecord())
	return err
}

// edited is what the transaction makes of one tree of its base.
func (t *Txn) edited(where int, c *commit) tree {
	m := newMerger(c, t.base.tree(where))
	drafts := t.drafts[where]
	var buf []byte
	for _, key := range slices.Sorted(maps.Keys(drafts)) {
		e := edit{key: []byte(key)}
		if d := drafts[key]; len(d.sets) > 0 {
			buf = d.appendNode(buf[:0])
			e.node = buf
		}
		m.apply(e)
	}
	return m.done()
}

// A commit carries what adds up while trees are rebuilt: what changes from the base to the new version.
type commit struct {
	apex   owner.Name
	size   int
	hasher setHasher
	hash   SetHash // the difference of both hashes
	counts Counts  // likewise
	delta  *Delta  // nil: there is no base
}

func newCommit(t *Txn) *commit {
	c := &commit{apex: t.apex, size: t.pageSize, hasher: setHasher{key: processKey}}
	if t.base != nil {
		c.hasher.key = t.base.hashKey
		c.delta = &Delta{limit: max(t.base.Octets(), minDeltaLimit)}
	}
	return c
}

// change notes that a name was one thing and is another; either may be zero.
func (c *commit) change(old, replacement Node) {
	c.hash.remove(c.hasher.node(old))
	c.hash.add(c.hasher.node(replacement))
	c.counts.node(old, -1)
	c.counts.node(replacement, 1)
	if c.delta != nil {
		c.delta.change(c.apex, old, replacement)
	}
}

// restart forgets what was added up.
func (c *commit) restart() {
	c.hash, c.counts = SetHash{}, Counts{}
	if c.delta != nil {
		c.delta = &Delta{limit: c.delta.limit}
	}
}

// join adds what another tree has added up.
func (c *commit) join(o *commit) {
	c.hash.add(o.hash)
	c.counts.add(o.counts)
	if c.delta != nil {
		c.delta.join(o.delta)
	}
}
