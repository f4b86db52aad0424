package compress

import (
	"testing"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// What the hash table finds is compared, for hashes may be equal.
func TestOnlyEqualOctetsArePointedTo(t *testing.T) {
	c := &Message{Octets: []byte("\x02ab\x01c\x00\x01x\xC0\x03\x01a")}
	for _, k := range []struct {
		at   int
		name string
		want bool
	}{
		{0, "\x02ab\x01c\x00", true}, {0, "\x02aB\x01c\x00", false}, {0, "\x02ab\x01c\x01d\x00", false}, {0, "\x02ab\x00", false},
		{6, "\x01x\x01c\x00", true}, {6, "\x01x\x01d\x00", false},
		{10, "\x01a\x00", false}, {10, "\x01a\x01a\x00", false}, {10, "\x0Faaaaaaaaaaaaaaa\x00", false}, // not complete yet
	} {
		if got := c.equal(k.at, owner.Name(k.name)); got != k.want {
			t.Errorf("at %d, %q: %v", k.at, k.name, got)
		}
	}
}
