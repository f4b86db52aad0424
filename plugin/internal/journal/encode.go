package journal

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A header is the first frame of a snapshot.
type header struct {
	generation    uint64 // drawn for this snapshot: its journal names it
	id            ID
	apex          owner.Name
	key           zone.HashKey
	hash          zone.SetHash
	serial        uint32
	names, hashed uint64 // pages
	records       uint64
	lease         lease
}

// A lease is what changes without the content.
type lease struct {
	refreshed, expire time.Time
	source, pin       netip.AddrPort
	tag               string
	held              held
	kept              int // deltas, counted from the last
}

func leaseOf(st State) lease {
	return lease{st.Refreshed, st.Expire, st.Source, st.Pin, st.Tag, held{st.HeldSince, st.HeldStill, st.HeldHash}, len(st.Deltas)}
}

func appendHeader(dst []byte, h *header) []byte {
	dst = binary.BigEndian.AppendUint64(dst, h.generation)
	for _, s := range []string{h.id.Zone, h.id.View, h.id.Key} {
		dst = appendCounted(dst, s)
	}
	dst = appendCounted(dst, h.apex)
	dst = append(dst, h.key[:]...)
	dst = appendHash(dst, h.hash)
	dst = binary.BigEndian.AppendUint32(dst, h.serial)
	for _, n := range []uint64{h.names, h.hashed, h.records} {
		dst = binary.AppendUvarint(dst, n)
	}
	return appendLease(dst, h.lease)
}

// held is what is known of a version that is kept back; the zero held: there is none.
type held struct {
	since, still time.Time
	hash         zone.SetHash
}

// How what is held is written: it is the same all the time, or it has been something else.
const (
	heldOnce = 1
	heldOn   = 2
)

func appendHeld(dst []byte, h held) []byte {
	if h.since.IsZero() {
		return append(dst, 0)
	}
	if h.still.Equal(h.since) {
		return appendHash(appendTime(append(dst, heldOnce), h.since), h.hash)
	}
	return appendHash(appendTime(appendTime(append(dst, heldOn), h.since), h.still), h.hash)
}

func appendTime(dst []byte, t time.Time) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(t.Unix()))
	return binary.BigEndian.AppendUint32(dst, uint32(t.Nanosecond()))
}

func appendLease(dst []byte, l lease) []byte {
	for _, t := range []time.Time{l.refreshed, l.expire} {
		dst = appendTime(dst, t)
	}
	for _, a := range []netip.AddrPort{l.source, l.pin} {
		var text []byte
		if a.IsValid() {
			text = a.AppendTo(nil)
		}
		dst = appendCounted(dst, text)
	}
	dst = appendCounted(dst, l.tag)
	dst = appendHeld(dst, l.held)
	return binary.AppendUvarint(dst, uint64(l.kept))
}

func appendDelta(dst []byte, d *zone.Delta) []byte {
	for _, end := range []zone.SerialSOA{d.From, d.To} {
		dst = appendHash(dst, end.Hash)
		dst = appendCounted(dst, end.Record)
	}
	dst = binary.AppendUvarint(dst, uint64(d.Deletions))
	dst = binary.AppendUvarint(dst, uint64(d.Additions))
	dst = appendCounted(dst, d.Deleted)
	return appendCounted(dst, d.Added)
}

func appendHash(dst []byte, h zone.SetHash) []byte {
	for _, lane := range h {
		dst = binary.BigEndian.AppendUint64(dst, lane)
	}
	return dst
}

func appendCounted[T ~string | ~[]byte](dst []byte, s T) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}
