package shelf

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Describe reads the Label of a file, and nothing else.
func Describe(path string) (Label, error) {
	f, err := os.Open(path)
	if err != nil {
		return Label{}, err
	}
	defer f.Close()
	return readLabel(f)
}

// Read makes the version that a file holds out of the one that it was written as a difference from. base may be another
// one if the file holds the whole, for the sake of what both share. The Delta leads from base to the version. Errors wrap
// ErrDamaged, or are those of the file system.
func Read(path string, apex owner.Name, base *zone.Version) (*zone.Version, *zone.Delta, Label, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, Label{}, err
	}
	defer f.Close()
	size, err := verify(f)
	if err != nil {
		return nil, nil, Label{}, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, nil, Label{}, err
	}
	r := bufio.NewReaderSize(io.LimitReader(f, size), 64<<10)
	l, err := readLabel(r)
	if err != nil {
		return nil, nil, l, err
	}
	if !l.Whole && (base == nil || base.SetHash() != zone.SetHash(l.BaseHash)) {
		return nil, nil, l, fmt.Errorf("%w: it is the difference from serial %s, and not from what is served", ErrDamaged, l.Base)
	}
	var t *zone.Txn
	if l.Whole {
		t = zone.Replace(apex, base)
	} else {
		t = zone.Begin(base)
	}
	defer t.Close()
	if err := apply(r, t); err != nil {
		return nil, nil, l, err
	}
	v, d, err := t.Commit()
	if err != nil {
		return nil, nil, l, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	// A whole version may be read after a restart without what it was written beside: set hashes have another key then.
	if v.Serial() != l.Serial || v.Records() != l.Records || !l.Whole && v.SetHash() != zone.SetHash(l.Hash) {
		return nil, nil, l, fmt.Errorf("%w: it leads to serial %s with %d records, and not to serial %s with %d",
			ErrDamaged, v.Serial(), v.Records(), l.Serial, l.Records)
	}
	return v, d, l, nil
}

// verify says how long a file is without its sum, which must be right.
func verify(f *os.File) (size int64, err error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if size = info.Size() - sumOctets; size < int64(len(magic)) {
		return 0, fmt.Errorf("%w: %d octets", ErrDamaged, info.Size())
	}
	sum, want := sha256.New(), make([]byte, sumOctets)
	if _, err := io.CopyN(sum, f, size); err != nil {
		return 0, err
	}
	if _, err := io.ReadFull(f, want); err != nil {
		return 0, err
	}
	if !bytes.Equal(sum.Sum(nil), want) {
		return 0, fmt.Errorf("%w: the checksum is wrong", ErrDamaged)
	}
	return size, nil
}

// apply does what the sections say.
func apply(r *bufio.Reader, t *zone.Txn) error {
	var frame []byte
	for {
		tag, err := r.ReadByte()
		if err != nil {
			return fmt.Errorf("%w: cut off", ErrDamaged)
		}
		var change func(zone.RR) error
		switch tag {
		case tagEnd:
			return nil
		case tagDeleted:
			change = t.Delete
		case tagAdded:
			change = t.Add
		default:
			return fmt.Errorf("%w: section %q", ErrDamaged, tag)
		}
		if frame, err = readFrame(r, frame); err != nil {
			return err
		}
		for rr, err := range zone.Records(frame) {
			if err == nil {
				err = change(rr)
			}
			if err != nil {
				return fmt.Errorf("%w: %w", ErrDamaged, err)
			}
		}
	}
}

func readFrame(r *bufio.Reader, frame []byte) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, fmt.Errorf("%w: cut off", ErrDamaged)
	}
	n := int(binary.BigEndian.Uint32(length[:]))
	if n > longFrame {
		return nil, fmt.Errorf("%w: a section of %d octets", ErrDamaged, n)
	}
	if cap(frame) < n {
		frame = make([]byte, n)
	}
	if _, err := io.ReadFull(r, frame[:n]); err != nil {
		return nil, fmt.Errorf("%w: cut off", ErrDamaged)
	}
	return frame[:n], nil
}
