package journal

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

// A file is a preamble (magic, 8 octets | format version uint32) and frames:
//
//	length of the payload uint32 | kind, 1 octet | payload | CRC-32C of all that, uint32
//
// Integers are big-endian.
const (
	formatVersion = 2
	magicOctets   = 8
	preambleLen   = magicOctets + 4

	snapshotMagic = "\x89UStdySn"
	journalMagic  = "\x89UStdyJo"

	frameHead = 5
	frameTail = 4
	maxFrame  = 1 << 30 // octets of payload
)

type kind byte

const (
	kindSnapshot kind = 'S' // header of a snapshot
	kindNames    kind = 'n' // pages of names
	kindHashed   kind = 'h' // pages of owner names of NSEC3 records
	kindEnd      kind = 'e' // end of a snapshot

	kindJournal  kind = 'J' // header of a journal
	kindRetained kind = 'r' // a delta that led to the snapshot
	kindDelta    kind = 'd' // a delta since the snapshot
	kindLease    kind = 'l'
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func appendPreamble(dst []byte, magic string) []byte {
	return binary.BigEndian.AppendUint32(append(dst, magic...), formatVersion)
}

// beginFrame appends the start of a frame, whose payload the caller appends; endFrame completes it.
func beginFrame(dst []byte, k kind) (buf []byte, start int) {
	return append(dst, 0, 0, 0, 0, byte(k)), len(dst)
}

func endFrame(buf []byte, start int) ([]byte, error) {
	length := len(buf) - start - frameHead
	if length > maxFrame {
		return nil, errTooLong
	}
	binary.BigEndian.PutUint32(buf[start:], uint32(length))
	return binary.BigEndian.AppendUint32(buf, crc32.Checksum(buf[start:], castagnoli)), nil
}

var errTooLong = fmt.Errorf("a part of the zone takes more than %d octets", maxFrame)

// A frameReader reads frames from a file of known size.
type frameReader struct {
	in   *bufio.Reader
	at   int64 // offset of the next frame
	size int64
	buf  []byte
}

func newFrameReader(in io.Reader, size int64) *frameReader {
	return &frameReader{in: bufio.NewReaderSize(in, int(min(max(size, 16), readBuffer))), size: size}
}

const readBuffer = 64 << 10

// preamble reads the start of the file. Errors: ErrDamaged, ErrFormat, and those of reading.
func (r *frameReader) preamble(magic string) error {
	if r.size < preambleLen {
		return fmt.Errorf("%w: cut off in its first octets", ErrDamaged)
	}
	var octets [preambleLen]byte
	if _, err := io.ReadFull(r.in, octets[:]); err != nil {
		return err
	}
	r.at = preambleLen
	if string(octets[:magicOctets]) != magic {
		return fmt.Errorf("%w: does not begin as such a file does", ErrDamaged)
	}
	if v := binary.BigEndian.Uint32(octets[magicOctets:]); v != formatVersion {
		return fmt.Errorf("%w: version %d, and not %d", ErrFormat, v, formatVersion)
	}
	return nil
}

// next reads a frame. The payload is valid until the next one, unless fresh. Errors: io.EOF behind the last frame,
// ErrDamaged, and those of reading.
func (r *frameReader) next(fresh bool) (kind, []byte, error) {
	left := r.size - r.at
	if left == 0 {
		return 0, nil, io.EOF
	}
	var head [frameHead]byte
	if left < frameHead+frameTail {
		return 0, nil, fmt.Errorf("%w: cut off at octet %d", ErrDamaged, r.size)
	}
	if _, err := io.ReadFull(r.in, head[:]); err != nil {
		return 0, nil, err
	}
	length := int64(binary.BigEndian.Uint32(head[:]))
	if length > maxFrame || length > left-frameHead-frameTail {
		return 0, nil, fmt.Errorf("%w: cut off in the frame at octet %d", ErrDamaged, r.at)
	}
	payload, err := r.read(int(length)+frameTail, fresh)
	if err != nil {
		return 0, nil, err
	}
	sum := crc32.Update(crc32.Checksum(head[:], castagnoli), castagnoli, payload[:length])
	if sum != binary.BigEndian.Uint32(payload[length:]) {
		return 0, nil, fmt.Errorf("%w: checksum of the frame at octet %d is wrong", ErrDamaged, r.at)
	}
	r.at += frameHead + length + frameTail
	return kind(head[4]), payload[:length:length], nil
}

func (r *frameReader) read(n int, fresh bool) ([]byte, error) {
	var buf []byte
	switch {
	case fresh:
		buf = make([]byte, n)
	case n <= cap(r.buf):
		buf = r.buf[:n]
	default:
		r.buf = make([]byte, n)
		buf = r.buf
	}
	_, err := io.ReadFull(r.in, buf)
	return buf, err
}
