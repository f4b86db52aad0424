// Package zonefile reads a zone file (RFC 1035 §5.1) into a version of a zone.
package zonefile

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// ErrFile says that a file is not that of the zone.
var ErrFile = errors.New("not a file of the zone")

// Read makes a version of a zone file. name is what errors call the file; they also tell the line of what
// cannot be read or kept. $INCLUDE is refused. Records of other zones are an error, not dropped: whoever
// wrote them into the file meant them to be served.
func Read(in io.Reader, name string, apex owner.Name) (*zone.Version, error) {
	lines := &lineReader{in: bufio.NewReader(in)}
	parser := dns.NewZoneParser(lines, apex.String(), name)
	b := Replace(apex, nil)
	records := 0
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		records++
		if err := b.Add(rr); err != nil {
			hdr := rr.Header()
			return nil, fmt.Errorf("%s:%d: %w: %s %s: %w", name, lines.line(), ErrFile, hdr.Name, dns.Type(hdr.Rrtype), err)
		}
	}
	switch err := parser.Err(); {
	case lines.err != nil:
		return nil, fmt.Errorf("%s: %w", name, lines.err)
	case err != nil:
		return nil, err
	case records == 0:
		return nil, fmt.Errorf("%s:%d: %w: it has no records", name, lines.line(), ErrFile)
	}
	v, _, err := b.Commit()
	if err != nil {
		return nil, fmt.Errorf("%s:%d: %w: %w", name, lines.line(), ErrFile, err)
	}
	return v, nil
}

// A lineReader counts the lines that were read. The parser reads no octet beyond the record that it gives,
// because it is given them one at a time.
type lineReader struct {
	in     *bufio.Reader
	ended  int  // lines that ended
	inLine bool // one has begun
	err    error
}

// ReadByte implements io.ByteReader.
func (r *lineReader) ReadByte() (byte, error) {
	b, err := r.in.ReadByte()
	switch {
	case err == nil && b == '\n':
		r.ended++
		r.inLine = false
	case err == nil:
		r.inLine = true
	case !errors.Is(err, io.EOF):
		r.err = err
	}
	return b, err
}

// Read implements io.Reader.
func (r *lineReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := r.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}

// line is the line that was read last.
func (r *lineReader) line() int {
	if r.inLine {
		return r.ended + 1
	}
	return max(r.ended, 1)
}
