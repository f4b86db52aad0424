package port

import (
	"net"
	"testing"
)

func TestPortsAreDistinctAndFree(t *testing.T) {
	seen := map[string]bool{}
	for range 50 {
		addr := Addr(t, "127.0.0.1")
		if seen[addr] {
			t.Errorf("%s twice", addr)
		}
		seen[addr] = true
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
	}
}
