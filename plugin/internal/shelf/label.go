package shelf

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"encoding/binary"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// ErrDamaged says that a file is none of this package, is not whole, or does not lead to what it says.
var ErrDamaged = errors.New("damaged")

// A Label says which version a file holds.
type Label struct {
	Zone   string        `json:"zone"`
	Serial serial.Serial `json:"serial"`
	Hash   Hash          `json:"hash"`
	// Base is the version that the difference is from. Of a whole version it is not needed.
	Base     serial.Serial `json:"base_serial"`
	BaseHash Hash          `json:"base_hash"`
	Whole    bool          `json:"whole,omitempty"`
	Records  int           `json:"records"`
	Time     time.Time     `json:"time"`              // since when it is held, or until when it was served
	Primary  string        `json:"primary,omitempty"` // where it came from
}

// Hash is a set hash as text: it is compared, and never computed with.
type Hash zone.SetHash

// MarshalText implements encoding.TextMarshaler.
func (h Hash) MarshalText() ([]byte, error) {
	b := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, h[0]), h[1])
	return hex.AppendEncode(nil, b), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hash) UnmarshalText(text []byte) error {
	b, err := hex.AppendDecode(nil, text)
	if err != nil || len(b) != 16 {
		return fmt.Errorf("%w: hash %q", ErrDamaged, text)
	}
	h[0], h[1] = binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])
	return nil
}

const (
	magic      = "USHELF1\n"
	longLabel  = 4096
	longFrame  = 1 << 20
	frameRoom  = 60 << 10
	sumOctets  = 32
	tagDeleted = 'd'
	tagAdded   = 'a'
	tagEnd     = 'e'
)

// readLabel reads what a file begins with.
func readLabel(r io.Reader) (l Label, err error) {
	head := make([]byte, len(magic)+4)
	if _, err := io.ReadFull(r, head); err != nil || string(head[:len(magic)]) != magic {
		return l, fmt.Errorf("%w: not a version that was kept", ErrDamaged)
	}
	n := binary.BigEndian.Uint32(head[len(magic):])
	if n > longLabel {
		return l, fmt.Errorf("%w: a header of %d octets", ErrDamaged, n)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return l, fmt.Errorf("%w: the header is cut off", ErrDamaged)
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return l, fmt.Errorf("%w: header: %w", ErrDamaged, err)
	}
	return l, nil
}
