package xfr

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

// again lets an act answer each query of a connection, not only the first one.
func again(do act) act {
	return func(t testing.TB, conn net.Conn, query []byte) {
		for {
			do(t, conn, query)
			var err error
			if query, err = readFramed(conn); err != nil {
				return
			}
		}
	}
}

// keeping is a client that keeps connections.
func keeping() *Client { return &Client{Pool: new(Pool)} }

// fetchTwice has two IXFRs, and returns how the second one went.
func fetchTwice(t *testing.T, client *Client, p Primary) (Fetched, error) {
	t.Helper()
	if client.Pool == nil {
		client.Pool = new(Pool)
	}
	t.Cleanup(client.Pool.CloseIdle)
	have := version(t, zone3)
	if _, err := client.Fetch(t.Context(), apex, p, have, Options{IXFR: true}); err != nil {
		t.Fatal(err)
	}
	return client.Fetch(t.Context(), apex, p, have, Options{IXFR: true})
}

func TestAKeptConnectionIsUsedAgain(t *testing.T) {
	p := serve(t, map[uint16]act{ixfr: again(sayThen(delta))})
	got, err := fetchTwice(t, keeping(), p.primary)
	if err != nil || showZone(got.Version) != shown4 {
		t.Errorf("%s, error %v", showZone(got.Version), err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.asked) != 1 { // the first query of each connection is noted
		t.Error("connections:", p.asked)
	}
}

// TestKeptConnectionsAreShared: a connection that one fetch keeps is the next one's at that moment.
func TestKeptConnectionsAreShared(t *testing.T) {
	p := serve(t, map[uint16]act{ixfr: again(sayThen(delta))})
	client, have := keeping(), version(t, zone3)
	t.Cleanup(client.Pool.CloseIdle)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				if _, err := client.Fetch(t.Context(), apex, p.primary, have, Options{IXFR: true}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func TestAKeptConnectionThatWasClosedIsReplaced(t *testing.T) {
	p := serve(t, map[uint16]act{ixfr: sayThen(delta)})
	got, err := fetchTwice(t, keeping(), p.primary)
	if err != nil || got.How != ByIXFR || got.FellBack != nil {
		t.Errorf("%s, fell back %v, error %v", got.How, got.FellBack, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if asked := strings.Join(p.asked, ", "); asked != "IXFR from 3, IXFR from 3" {
		t.Error(asked)
	}
}

// TestAConnectionWithAnUnreadRestIsNotUsedAgain: the zone goes on behind the SOA that was enough.
func TestAConnectionWithAnUnreadRestIsNotUsedAgain(t *testing.T) {
	for _, rest := range [][]string{{"SOA 3 | NS | SOA 3"}, {"SOA 3", "NS", "SOA 3"}} {
		p := serve(t, map[uint16]act{ixfr: again(sayThen(rest...))})
		got, err := fetchTwice(t, keeping(), p.primary)
		if err != nil || got.How != Unchanged || got.FellBack != nil {
			t.Errorf("%s, fell back %v, error %v", got.How, got.FellBack, err)
		}
	}
}

func TestAKeptConnectionThatIsDeadIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := piped(t, map[uint16]act{ixfr: say(delta)}) // what comes later is read and not answered
		got, err := fetchTwice(t, client, Primary{})
		if err != nil || got.How != ByIXFR || got.FellBack != nil || got.Duration != keptWait {
			t.Errorf("%s, fell back %v, error %v, after %v", got.How, got.FellBack, err, got.Duration)
		}
		client.Pool.CloseIdle()
	})
}

func TestAKeptConnectionExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var closed atomic.Int64
		client := piped(t, map[uint16]act{ixfr: func(t testing.TB, conn net.Conn, query []byte) {
			say(delta)(t, conn, query)
			closed.Store(int64(time.Since(start)))
		}})
		client.Pool = new(Pool)
		if _, err := client.Fetch(t.Context(), apex, Primary{}, version(t, zone3), Options{IXFR: true}); err != nil {
			t.Fatal(err)
		}
		<-time.After(keptFor + time.Second)
		if got := time.Duration(closed.Load()); got != keptFor {
			t.Errorf("closed after %v", got)
		}
		if client.Pool.take(peer{}) != nil {
			t.Error("still kept")
		}
	})
}

func TestAFailedConversationIsNotKept(t *testing.T) {
	client := keeping()
	p := serve(t, map[uint16]act{axfr: again(fail(dns.RcodeRefused))})
	if _, err := client.Fetch(t.Context(), apex, p.primary, nil, Options{}); !errors.Is(err, ErrRefused) {
		t.Fatal(err)
	}
	if client.Pool.take(client.peer(p.primary)) != nil {
		t.Error("kept")
	}
}

func TestAnIdleConnectionEndsWhenThePrimaryClosesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := piped(t, map[uint16]act{ixfr: func(t testing.TB, conn net.Conn, query []byte) {
			sayThen(delta)(t, conn, query)
			<-time.After(10 * time.Second)
			conn.Close()
		}})
		client.Pool = new(Pool)
		if _, err := client.Fetch(t.Context(), apex, Primary{}, version(t, zone3), Options{IXFR: true}); err != nil {
			t.Fatal(err)
		}
		<-time.After(10 * time.Second)
		synctest.Wait()
		client.Pool.mu.Lock()
		defer client.Pool.mu.Unlock()
		if client.Pool.count != 0 || len(client.Pool.links) != 0 {
			t.Errorf("%d are kept", client.Pool.count)
		}
	})
}

// TestAConnectionIsTakenWhileItIsWatched: it was idle for long enough that somebody waits for its end.
func TestAConnectionIsTakenWhileItIsWatched(t *testing.T) {
	p := serve(t, map[uint16]act{ixfr: again(sayThen(delta)), axfr: again(sayThen("SOA 4 | NS | SOA 4"))})
	client := keeping()
	t.Cleanup(client.Pool.CloseIdle)
	if _, err := client.Fetch(t.Context(), apex, p.primary, version(t, zone3), Options{IXFR: true}); err != nil {
		t.Fatal(err)
	}
	k := client.peer(p.primary)
	client.Pool.mu.Lock()
	l := client.Pool.links[k][0]
	client.Pool.mu.Unlock()
	if l.watcher.Stop() {
		go client.Pool.watch(k, l, time.Now().Add(time.Hour))
	}
	if got, err := client.Fetch(t.Context(), apex, p.primary, version(t, zone3), Options{IXFR: true}); err != nil || got.How != ByIXFR {
		t.Errorf("%s, error %v", got.How, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.asked) != 1 {
		t.Error("connections:", p.asked)
	}
}

func TestAPoolHasBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := new(Pool)
		closed := 0
		keep := func(k peer) {
			near, far := net.Pipe()
			l := &link{Conn: near, raw: near, peer: k}
			l.watch(t.Context())
			pool.put(l)
			_ = far.SetReadDeadline(time.Now().Add(time.Nanosecond))
			if _, err := far.Read(make([]byte, 1)); errors.Is(err, io.EOF) {
				closed++
			}
		}
		for range maxKeptEach + 3 {
			keep(peer{})
		}
		if closed != 3 {
			t.Errorf("%d connections to one primary too many", closed)
		}
		for i := range maxKept {
			keep(peer{addr: netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(i+1))})
		}
		if pool.count != maxKept || closed != 3+maxKeptEach {
			t.Errorf("%d are kept, %d were closed", pool.count, closed)
		}
		pool.CloseIdle()
		if pool.count != 0 {
			t.Errorf("%d are kept after the end", pool.count)
		}
	})
}
