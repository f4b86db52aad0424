package zone

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// The input is a program as that of FuzzTxn. From every version on the way, the condensed rest of the chain
// must lead to the last version, and be the difference of the two.
func FuzzCondense(f *testing.F) {
	f.Add([]byte("\x01\x00\x02\x00\xf0aaa\x81\x00\x02\x00\xf0aaa\x01\x00\x02\x01\xf0aaa\x02\x02\x03\x04\xf0bbb"))
	f.Add(bytes.Repeat([]byte("\x07\x03\x11\x05\x02\x08\x04\x09\xf1bcd\x85\x09\x04\x01\x01\x01\x00\x00\xf1xyz\x81\x01\x01\x00"), 12))
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 { // with so few records they come, go and come again, with other TTLs, RDATA and owner names
		var program []byte
		for range 60 {
			n := random.Uint32()
			op := []byte{1 + byte(n&1) + 132*byte(n>>1&1), byte(n>>2&3) * 4 / 3, byte(n >> 4 & 1), byte(n >> 5 & 1)}
			if n>>8&3 == 0 {
				op[0] = 0xF0
			}
			program = append(program, op...)
		}
		f.Add(program)
	}
	f.Fuzz(func(t *testing.T, program []byte) {
		versions, deltas := history(t, program[:min(len(program), 400)])
		last := versions[len(versions)-1]
		for i := range deltas {
			before := octets(deltas)
			net, err := Condense(deltas[i:])
			if err != nil {
				t.Fatal(err)
			}
			checkDelta(t, versions[i], last, net)
			_, direct, err := replaceAll(versions[i], last)
			if err != nil {
				t.Fatal(err)
			}
			if net.Deletions != direct.Deletions || net.Additions != direct.Additions {
				t.Fatalf("%d deletions and %d additions, not %d and %d", net.Deletions, net.Additions, direct.Deletions, direct.Additions)
			}
			if net.Octets() > octets(deltas[i:]) || octets(deltas) != before {
				t.Fatalf("%d octets became %d", octets(deltas[i:]), net.Octets())
			}
		}
	})
}

// history runs a program: version i and deltas[i] make version i+1.
func history(t *testing.T, program []byte) (versions []*Version, deltas []*Delta) {
	t.Helper()
	m, serial := model{}, uint32(1)
	first := Replace(fuzzApex, nil)
	apply(t, first, m, soaRR("example.", serial), true)
	v := mustCommit(t, first, nil, m)
	versions = append(versions, v)
	for txn := Begin(v); len(program) >= 4; program = program[4:] {
		op := program[:4]
		if op[0] < 0xF0 {
			apply(t, txn, m, fuzzRR(op[0], op[1], op[2], op[3]), op[0] < 0x80)
			continue
		}
		apply(t, txn, m, soaRR("example.", serial), false)
		serial++
		apply(t, txn, m, soaRR("example.", serial), true)
		next, d, err := txn.Commit()
		if err != nil {
			t.Fatal(err)
		}
		versions, deltas, txn = append(versions, next), append(deltas, d), Begin(next)
	}
	return versions, deltas
}

func replaceAll(base, v *Version) (*Version, *Delta, error) {
	txn := Replace(fuzzApex, base)
	for _, rr := range slices.Collect(v.All()) {
		if err := txn.Add(rr); err != nil {
			return nil, nil, err
		}
	}
	return txn.Commit()
}

func octets(deltas []*Delta) (n int) {
	for _, d := range deltas {
		n += d.Octets()
	}
	return n
}
