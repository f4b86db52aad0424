package guard

import (
	"bytes"

	"github.com/understudy-dns/understudy/plugin/internal/breather"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A pair is what a name was and what it is; either may be zero, but not both.
type pair struct{ was, is zone.Node }

// changedPairs shows the names that a Delta has records of. Its cost is that of the Delta and of those names. It says
// false when the Delta is of no use for that: it is nil or Partial, or its records are not well-formed, or not in the
// order in which a transaction leaves them. What was shown until then means nothing.
func changedPairs(was, is *zone.Version, d *zone.Delta, show func(pair)) (ok bool) {
	if d == nil || d.Partial {
		return false
	}
	deleted, added := newPlaces(d.Deleted, is.Apex()), newPlaces(d.Added, is.Apex())
	defer deleted.stop()
	defer added.stop()
	old := [...]zone.Cursor{inNames: was.Cursor(), inHashed: was.HashedCursor()}
	young := [...]zone.Cursor{inNames: is.Cursor(), inHashed: is.HashedCursor()}
	var b breather.Breather
	for deleted.there || added.there {
		if deleted.broken || added.broken {
			return false
		}
		at := deleted.at
		if !deleted.there || added.there && added.at.compare(at) < 0 {
			at = added.at
		}
		show(pair{seek(&old[at.tree], at.key), seek(&young[at.tree], at.key)})
		b.Did(pairWork)
		inDeleted, inAdded := deleted.isAt(at), added.isAt(at)
		if inDeleted {
			deleted.next()
		}
		if inAdded {
			added.next()
		}
	}
	return true
}

// pairWork is what it takes to find a name in two versions, in units of package breather.
const pairWork = 4

func seek(c *zone.Cursor, key []byte) zone.Node {
	if c.Seek(key) && bytes.Equal(c.Node().Key(), key) {
		return c.Node()
	}
	return zone.Node{}
}

// allPairs shows all names of two versions in one pass over both.
func allPairs(was, is *zone.Version, show func(pair)) {
	mergeTrees(was.Cursor(), is.Cursor(), show)
	mergeTrees(was.HashedCursor(), is.HashedCursor(), show)
}

func mergeTrees(was, is zone.Cursor, show func(pair)) {
	var b breather.Breather
	haveWas, haveIs := was.First(), is.First()
	for haveWas || haveIs {
		var p pair
		var order int
		switch {
		case !haveIs:
			order = -1
		case !haveWas:
			order = 1
		default:
			order = bytes.Compare(was.Node().Key(), is.Node().Key())
		}
		if order <= 0 {
			p.was, haveWas = was.Node(), was.Next()
		}
		if order >= 0 {
			p.is, haveIs = is.Node(), is.Next()
		}
		show(p)
		b.Did(1)
	}
}
