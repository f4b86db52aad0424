// Package shelf keeps versions of zones on disk beside those that are served: one that is held back, and those that were
// served before. Each is a file of its own, which holds the difference from another version, or where that would be
// larger, the whole.
//
// A file is
//
//	magic            8 octets
//	length           of the header, 4 octets, big-endian
//	header           a Label as JSON
//	sections         a letter, a length of 4 octets, records in uncompressed wire form: 'd' to be deleted, 'a' to be added
//	end              the letter 'e'
//	sum              SHA-256 of all that comes before
//
// It is written under another name, synced, and then takes its own, so that it is there as a whole or not at all. What
// it leads to is verified by serial and set hash.
package shelf
