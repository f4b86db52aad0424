// Package stale has the tests of what is answered when no primary vouches for a zone: its old data (`stale`),
// the fallback file, or SERVFAIL; drills 6 and 21 among them.
package stale
