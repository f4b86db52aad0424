package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// A zone's files are named
//
//	zone,view-key.snapshot    zone,view-key.journal
//
// where zone is its name without the final dot, everything but lower-case letters, digits, hyphens, underscores and
// dots written as % and two hexadecimal digits, and what is too long cut and replaced by a hash; view and key are
// hashes. The names are the same on file systems that fold case, and no longer than any of them allows. What a file
// holds is in its header; the name only finds it.
const (
	snapshotSuffix = ".snapshot"
	journalSuffix  = ".journal"
	asideSuffix    = ".new"

	longestZonePart = 120
	hashOctets      = 8
)

// Stem is what the names of a zone's files begin with.
func Stem(id ID) string { return stem(groupOf(id), keyPart(id.Key)) }

// ZonePart is a zone's name as it is part of the names of files.
func ZonePart(zone string) string { return zonePart(zone) }

func groupOf(id ID) group { return group(zonePart(id.Zone) + "," + hashPart(id.View)) }

func keyPart(key string) string { return hashPart(key) }

func stem(g group, key string) string { return string(g) + "-" + key }

// splitStem is the reverse of stem.
func splitStem(stem string) (g group, key string, ok bool) {
	const keyLen = 2 * hashOctets
	at := len(stem) - keyLen - 1
	if at < keyLen+1 || stem[at] != '-' || stem[at-keyLen-1] != ',' {
		return "", "", false
	}
	return group(stem[:at]), stem[at+1:], true
}

// halfWritten says whether a file is one that was being written aside. The directory may hold files of others.
func halfWritten(name string) bool {
	own, aside := strings.CutSuffix(name, asideSuffix)
	stem, snapshot := strings.CutSuffix(own, snapshotSuffix)
	if !snapshot {
		stem = strings.TrimSuffix(own, journalSuffix)
	}
	_, _, ok := splitStem(stem)
	return aside && len(stem) < len(own) && ok
}

func hashPart(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:hashOctets])
}

func zonePart(name string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for _, c := range []byte(strings.TrimSuffix(name, ".")) {
		if plain(c) {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', digits[c>>4], digits[c&15]})
	}
	if b.Len() <= longestZonePart {
		return b.String()
	}
	sum := sha256.Sum256([]byte(name))
	return b.String()[:longestZonePart] + "~" + hex.EncodeToString(sum[:2*hashOctets])
}

func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
}
