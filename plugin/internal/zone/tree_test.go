package zone

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// Searching finds what walking finds, whether names begin alike or not, in trees of any number of chunks.
func TestSearchesFindWhatIsThere(t *testing.T) {
	for name, key := range map[string]func(i int) string{
		"names that begin alike":   func(i int) string { return fmt.Sprintf("customer-of-ours-%07d\x00", 7*i) },
		"names that differ early":  func(i int) string { return fmt.Sprintf("%07d-of-ours\x00", 7*i) },
		"short names":              func(i int) string { return fmt.Sprintf("%x\x00", 7*i) },
		"two sorts of names":       func(i int) string { return fmt.Sprintf("%d-of-ours-%07d\x00", i&1, 7*i) },
		"names below a common one": func(i int) string { return fmt.Sprintf("arpa\x00ip6\x00%d\x00%d\x00", i/100, i%100) },
	} {
		for _, n := range []int{1, 2, 30, 10_000} {
			keys := []string{"", "com\x00"}
			for i := range n {
				keys = append(keys, key(i))
			}
			slices.Sort(keys)
			b := newTreeBuilder(&tree{}, 256)
			for _, k := range keys {
				b.add([]byte(k), []byte{0})
			}
			tree := b.done()
			for range 500 {
				k := keys[rand.IntN(len(keys))]
				node, ok := tree.get([]byte(k))
				if !ok || string(node.key) != k {
					t.Fatalf("%s, %d: %q is not found", name, n, k)
				}
				c := Cursor{tree: &tree}
				for _, near := range [][]byte{append([]byte(k), 0), []byte(k[:len(k)/2]), append([]byte(k), 0xFF), bytes.TrimRight([]byte(k), "\x00")} {
					at, _ := slices.BinarySearch(keys, string(near))
					if c.Seek(near) != (at < len(keys)) || at < len(keys) && string(c.Node().key) != keys[at] {
						t.Fatalf("%s, %d: from %q one comes elsewhere than to %q", name, n, near, keys[min(at, len(keys)-1)])
					}
				}
			}
		}
	}
}
