// Package journal keeps zones on disk: for each zone a snapshot, and a journal of what happened since.
//
// A [Store] is a directory. [Store.Load] gives the last state of a zone that was wholly written, [Store.Save] brings
// the disk to a new one: by appending the deltas that lead there, or by writing the snapshot anew. Every file is
// written aside, synced, renamed, and the directory synced; what is appended is framed and checksummed, and synced
// when it is a delta. A crash at any moment leaves the state before or after. Files of a zone are its own: a bad one
// harms no other zone.
//
//	store.go     the directory, its lock, what is known of each zone's files
//	names.go     names of files
//	frame.go     frames, read.go: reading them; encode.go, decode.go: what is in them
//	snapshot.go  writing and reading a snapshot
//	load.go      reading a journal (history.go) and replaying it
//	save.go      what to write; append.go, aside.go: how
//	disk.go      the few operations that write, so that a test can stop between any two
//
// The format is described in ARCHITECTURE.md. The package knows no network and no log, and starts nothing.
package journal
