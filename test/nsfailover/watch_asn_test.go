package nsfailover_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// Types of the MaxMind DB format, version 2.
const (
	dbString = 2
	dbUint16 = 5
	dbUint32 = 6
	dbMap    = 7
	dbUint64 = 9
	dbArray  = 11
)

// systemsFile writes a database in which 0.0.0.0/1 is one autonomous system, and the rest is none.
func systemsFile(t *testing.T, number uint32) string {
	t.Helper()
	const nodes, separator = 1, 16
	db := []byte{0, 0, nodes + separator, 0, 0, nodes} // one node: the first bit leads to the data, or nowhere
	db = append(db, make([]byte, separator)...)
	db = control(db, dbMap, 1)
	db = value(text(db, "autonomous_system_number"), dbUint32, uint64(number))
	db = append(db, "\xAB\xCD\xEFMaxMind.com"...)
	db = control(db, dbMap, 9)
	db = value(text(db, "node_count"), dbUint32, nodes)
	for name, v := range map[string]uint64{"record_size": 24, "ip_version": 4, "binary_format_major_version": 2, "binary_format_minor_version": 0} {
		db = value(text(db, name), dbUint16, v)
	}
	db = value(text(db, "build_epoch"), dbUint64, 1)
	db = text(text(db, "database_type"), "GeoLite2-ASN")
	db = control(text(db, "languages"), dbArray, 0)
	db = control(text(db, "description"), dbMap, 0)
	path := filepath.Join(t.TempDir(), "asn.mmdb")
	if err := os.WriteFile(path, db, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// control appends the octets before a value: its type, and its size below 29.
func control(db []byte, kind, size byte) []byte {
	const extended = 7
	if kind > extended {
		return append(db, size, kind-extended)
	}
	return append(db, kind<<5|size)
}

func text(db []byte, s string) []byte { return append(control(db, dbString, byte(len(s))), s...) }

func value(db []byte, kind byte, v uint64) []byte {
	octets := binary.BigEndian.AppendUint64(nil, v)
	for len(octets) > 0 && octets[0] == 0 {
		octets = octets[1:]
	}
	return append(control(db, kind, byte(len(octets))), octets...)
}
