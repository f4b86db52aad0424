package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// fillSnapshot writes the frames of a snapshot: the header, the pages, and an end, which no torn file has.
func fillSnapshot(a *aside, h *header, v *zone.Version) error {
	if err := a.frame(kindSnapshot, func(dst []byte) []byte { return appendHeader(dst, h) }); err != nil {
		return err
	}
	names, hashed := v.Pages()
	if err := a.pages(kindNames, names); err != nil {
		return err
	}
	if err := a.pages(kindHashed, hashed); err != nil {
		return err
	}
	end := uint64(a.size())
	return a.frame(kindEnd, func(dst []byte) []byte { return binary.BigEndian.AppendUint64(dst, end) })
}

func newHeader(id ID, st State, generation uint64) *header {
	v := st.Version
	h := &header{generation: generation, id: id, apex: v.Apex(), key: *v.HashKey(), hash: v.SetHash()}
	names, hashed := v.PageCounts()
	h.serial = uint32(v.Serial())
	h.names, h.hashed, h.records = uint64(names), uint64(hashed), uint64(v.Records())
	h.lease = leaseOf(st)
	return h
}

// A snapshot is what a snapshot file holds.
type snapshot struct {
	header  *header
	version *zone.Version
	size    int64 // of the file in octets
}

// readSnapshot reads and checks all of a snapshot. Errors: ErrDamaged, ErrFormat, and those of the file system.
func readSnapshot(path string, keys *sharedKey) (*snapshot, error) {
	f, size, err := openToRead(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, release := newFrameReader(f, size)
	defer release()
	if err := r.preamble(snapshotMagic); err != nil {
		return nil, err
	}
	k, payload, err := r.next(false)
	if err != nil || k != kindSnapshot {
		return nil, damaged(err, "there is no header")
	}
	h, err := decodeHeader(payload)
	if err != nil {
		return nil, err
	}
	names, hashed, err := readPages(r, h)
	if err != nil {
		return nil, err
	}
	v, err := zone.Restore(h.apex, keys.share(h.key), h.hash, names, hashed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if uint32(v.Serial()) != h.serial || uint64(v.Records()) != h.records {
		return nil, fmt.Errorf("%w: header and content differ", ErrDamaged)
	}
	return &snapshot{h, v, size}, nil
}

// readPages reads all frames behind the header, to the end. Each page is in memory of its own: whoever holds one
// holds no others.
func readPages(r *frameReader, h *header) (names, hashed [][]byte, err error) {
	// No page takes less than eight octets, so that a header cannot ask for more memory than the file has octets.
	names = make([][]byte, 0, min(h.names, uint64(r.size)/8))
	hashed = make([][]byte, 0, min(h.hashed, uint64(r.size)/8))
	for {
		begin := uint64(r.at)
		k, payload, err := r.next(false)
		if err != nil {
			return nil, nil, damaged(err, "the end is missing")
		}
		d := decoder{rest: payload}
		switch k {
		case kindNames:
			names = d.pages(names)
		case kindHashed:
			hashed = d.pages(hashed)
		case kindEnd:
			if d.uint64() != begin || r.at != r.size || uint64(len(names)) != h.names || uint64(len(hashed)) != h.hashed {
				d.bad = true
			}
			return names, hashed, d.end("end")
		default:
			d.bad = true
		}
		if d.bad {
			return nil, nil, d.end("pages")
		}
	}
}

func (d *decoder) pages(list [][]byte) [][]byte {
	for len(d.rest) > 0 && !d.bad {
		p := d.counted()
		list = append(list, append([]byte(nil), p...))
	}
	return list
}

// damaged is err, or what is wrong when there is none or the file just ends.
func damaged(err error, what string) error {
	if err == nil || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %s", ErrDamaged, what)
	}
	return err
}

// A sharedKey keeps one copy of a key: most zones of a directory have that of the process that transferred them.
type sharedKey struct{ last atomic.Pointer[zone.HashKey] }

func (s *sharedKey) share(key zone.HashKey) *zone.HashKey {
	if k := s.last.Load(); k != nil && *k == key {
		return k
	}
	s.last.Store(&key)
	return &key
}
