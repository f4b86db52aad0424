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

func TestPortsLieBesideThoseOfOutgoingSockets(t *testing.T) {
	for outgoing, want := range map[string]span{
		"32768\t60999\n": usual,
		"16000 65535":    {5000, 15999},
		"1024 50000":     {50001, 65535},
		"1024 65535":     usual, // no room: wherever something is free
		"":               usual,
	} {
		if got := beside(outgoing); got != want {
			t.Errorf("%q: %v instead of %v", outgoing, got, want)
		}
	}
}
