package journal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"sync"
)

// A frameReader reads frames from a file of known size. A small file is read at once.
type frameReader struct {
	in     io.Reader
	at     int64 // offset of the next frame
	size   int64
	toRead int64 // octets that are still in the file
	room   []byte
	unused []byte // in room: octets that were read, and not taken
}

// readBuffer holds the longest usual frame.
const readBuffer = 64 << 10

// rooms are used again: many small files are read one after the other.
var rooms = sync.Pool{New: func() any { return new([readBuffer]byte) }}

// newFrameReader makes a reader; release is called when nothing of it is in use any more.
func newFrameReader(in io.Reader, size int64) (r *frameReader, release func()) {
	room := rooms.Get().(*[readBuffer]byte)
	return &frameReader{in: in, size: size, toRead: size, room: room[:]}, func() { rooms.Put(room) }
}

// preamble reads the start of the file. Errors: ErrDamaged, ErrFormat, and those of reading.
func (r *frameReader) preamble(magic string) error {
	if r.size < preambleLen {
		return fmt.Errorf("%w: cut off in its first octets", ErrDamaged)
	}
	octets, err := r.take(preambleLen)
	if err != nil {
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
	if left < frameHead+frameTail {
		return 0, nil, fmt.Errorf("%w: cut off at octet %d", ErrDamaged, r.size)
	}
	head, err := r.ahead(frameHead)
	if err != nil {
		return 0, nil, err
	}
	length := int64(binary.BigEndian.Uint32(head))
	if length > maxFrame || length > left-frameHead-frameTail {
		return 0, nil, fmt.Errorf("%w: cut off in the frame at octet %d", ErrDamaged, r.at)
	}
	frame, err := r.take(int(frameHead + length + frameTail))
	if err != nil {
		return 0, nil, err
	}
	frame, sum := frame[:frameHead+length], frame[frameHead+length:]
	if crc32.Checksum(frame, castagnoli) != binary.BigEndian.Uint32(sum) {
		return 0, nil, fmt.Errorf("%w: checksum of the frame at octet %d is wrong", ErrDamaged, r.at)
	}
	r.at += frameHead + length + frameTail
	payload := frame[frameHead:]
	if fresh {
		payload = bytes.Clone(payload)
	}
	return kind(frame[4]), payload, nil
}

// ahead are the next n octets, which are valid until the next call. There are so many in the file.
func (r *frameReader) ahead(n int) ([]byte, error) {
	if have := len(r.unused); have < n {
		room := r.room
		if n > len(room) {
			room = make([]byte, n)
		}
		copy(room, r.unused)
		got, err := io.ReadAtLeast(r.in, room[have:min(int64(len(room)), int64(have)+r.toRead)], n-have)
		r.unused, r.toRead = room[:have+got], r.toRead-int64(got)
		if err != nil {
			return nil, err
		}
	}
	return r.unused[:n:n], nil
}

// take is ahead, and goes on behind them.
func (r *frameReader) take(n int) ([]byte, error) {
	octets, err := r.ahead(n)
	if err == nil {
		r.unused = r.unused[n:]
	}
	return octets, err
}
