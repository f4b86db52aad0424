package xfr

import (
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
)

func TestTheSourceAddress(t *testing.T) {
	var from atomic.Value
	p := serve(t, map[uint16]act{axfr: func(t testing.TB, conn net.Conn, query []byte) {
		from.Store(conn.RemoteAddr().(*net.TCPAddr).AddrPort().Addr())
		say(whole)(t, conn, query)
	}})
	client := &Client{Source4: netip.MustParseAddr("127.0.0.9")}
	if _, err := client.Fetch(t.Context(), apex, p.primary, nil, Options{}); err != nil {
		t.Fatal(err)
	}
	if from.Load() != client.Source4 {
		t.Errorf("from %v", from.Load())
	}
}

func TestASourceAddressThatIsNotOursIsALocalFailure(t *testing.T) {
	client := &Client{Source4: netip.MustParseAddr("192.0.2.1")}
	p := Primary{Addr: closedPort(t)}
	if _, err := client.Fetch(t.Context(), apex, p, nil, Options{}); !errors.Is(err, ErrLocal) || Next(err) != Later {
		t.Error(err)
	}
	if _, err := client.Probe(t.Context(), apex, p); !errors.Is(err, ErrLocal) {
		t.Error(err)
	}
}
