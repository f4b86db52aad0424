package xfr

import (
	"errors"
	"net"
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

// fetchTwice has two IXFRs with Keep, and returns how the second one went.
func fetchTwice(t *testing.T, client *Client, p Primary) (Fetched, error) {
	t.Helper()
	t.Cleanup(client.CloseIdle)
	have := version(t, zone3)
	if _, err := client.Fetch(t.Context(), apex, p, have, Options{IXFR: true, Keep: true}); err != nil {
		t.Fatal(err)
	}
	return client.Fetch(t.Context(), apex, p, have, Options{IXFR: true, Keep: true})
}

func TestAKeptConnectionIsUsedAgain(t *testing.T) {
	p := serve(t, map[uint16]act{ixfr: again(sayThen(delta))})
	got, err := fetchTwice(t, new(Client), p.primary)
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
	client, have := new(Client), version(t, zone3)
	t.Cleanup(client.CloseIdle)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				if _, err := client.Fetch(t.Context(), apex, p.primary, have, Options{IXFR: true, Keep: true}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func TestAKeptConnectionThatWasClosedIsReplaced(t *testing.T) {
	p := serve(t, map[uint16]act{ixfr: sayThen(delta)})
	got, err := fetchTwice(t, new(Client), p.primary)
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
		got, err := fetchTwice(t, new(Client), p.primary)
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
		client.CloseIdle()
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
		if _, err := client.Fetch(t.Context(), apex, Primary{}, version(t, zone3), Options{IXFR: true, Keep: true}); err != nil {
			t.Fatal(err)
		}
		<-time.After(keptFor + time.Second)
		if got := time.Duration(closed.Load()); got != keptFor {
			t.Errorf("closed after %v", got)
		}
		if client.kept.take(Primary{}) != nil {
			t.Error("still kept")
		}
	})
}

func TestAFailedConversationIsNotKept(t *testing.T) {
	client := new(Client)
	p := serve(t, map[uint16]act{axfr: again(fail(dns.RcodeRefused))})
	if _, err := client.Fetch(t.Context(), apex, p.primary, nil, Options{Keep: true}); !errors.Is(err, ErrRefused) {
		t.Fatal(err)
	}
	if client.kept.take(p.primary) != nil {
		t.Error("kept")
	}
}
