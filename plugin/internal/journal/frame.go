package journal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// A file is a preamble (magic, 8 octets | format version uint32) and frames:
//
//	length of the payload uint32 | kind, 1 octet | payload | CRC-32C of all that, uint32
//
// Integers are big-endian.
const (
	formatVersion = 3
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
