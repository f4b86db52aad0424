package zone

import "testing"

func FuzzRestore(f *testing.F) {
	names, hashed := clonePages(varied(f, "example."))
	for i, p := range names {
		if len(p) < 500 {
			f.Add(p, hashed[i%len(hashed)])
		}
	}
	first := names[0]
	f.Fuzz(func(t *testing.T, a, b []byte) {
		exercise(t, [][]byte{a}, nil)
		exercise(t, [][]byte{first, a}, [][]byte{b})
	})
}
