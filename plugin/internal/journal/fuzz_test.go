package journal

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"
)

// FuzzLoad mends the checksums of what it is given, so that what is behind them is tried as well.
func FuzzLoad(f *testing.F) {
	d, _, _ := several(f)
	f.Add(d.octets[0], d.octets[1], true)
	f.Add(d.octets[0], d.octets[1][:100], false)
	f.Fuzz(func(t *testing.T, snapshot, journal []byte, mend bool) {
		if mend {
			mendSums(snapshot)
			mendSums(journal)
		}
		d.write(t, snapshot, journal)
		st, _, err := d.load()
		if err != nil {
			return
		}
		if content(st.Version) == "" || !leadTo(st.Deltas, st.Version) {
			t.Fatal("loaded, and not a zone")
		}
		s := newStore(d.store.dir, d.store.disk)
		if err := s.Save(example, st); err != nil {
			t.Fatal(err)
		}
		again, recovery, err := s.Load(example)
		if err != nil || recovery.Reason != nil || differ(again, st) != "" {
			t.Fatalf("saved again: %v %v %s", err, recovery.Reason, differ(again, st))
		}
	})
}

func mendSums(octets []byte) {
	for _, frame := range split(octets) {
		if len(frame) > 2 && bytes.HasPrefix(frame, octets[:min(len(octets), preambleLen)]) {
			frame = frame[min(preambleLen, len(frame)):]
		}
		if end := len(frame) - frameTail; end >= frameHead {
			binary.BigEndian.PutUint32(frame[end:], crc32.Checksum(frame[:end], castagnoli))
		}
	}
}

// split cuts a file into its first frame with the preamble, and the others.
func split(octets []byte) (frames [][]byte) {
	start := 0
	for at := preambleLen; at+frameHead <= len(octets); {
		at += frameHead + int(binary.BigEndian.Uint32(octets[at:])) + frameTail
		if at > len(octets) {
			break
		}
		frames = append(frames, octets[start:at])
		start = at
	}
	return append(frames, octets[start:])
}
