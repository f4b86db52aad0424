// Package zone is the store: immutable versions of a zone, and transactions that make the next one.
//
// There are only a few types. A [Version] is one complete state of a zone; it never changes, and any
// number of readers share it. A [Txn] starts from a Version (or from nothing), takes records to delete
// and to add, and commits to a new Version and the [Delta] between the two. A [Zone] is the one mutable
// cell: an atomic pointer to the Version that is served now. A [Cursor] walks a Version in canonical order.
//
// A Version is a list of pages. A page is one pointer-free byte slice of at most pageSize octets with
// entries in canonical order; an entry is a name's sort key and its RRsets in wire form. A commit writes
// the touched pages anew and shares all others with its base. The list has two levels, so that this costs what is
// touched, and not the length of the list.
//
// NSEC3 records, and the RRSIGs over them, live in a list of their own: their owner names are hashes, not
// names of the zone (RFC 5155 §7.2.8), and every denial needs their order, not the zone's.
//
// The package knows no network, clock, disk or log.
package zone
