package xfr

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

// piped is a Client whose connections are pipes to the acts, for bubbles with a clock of their own.
func piped(t *testing.T, on map[uint16]act) *Client {
	var all sync.WaitGroup
	t.Cleanup(all.Wait)
	return &Client{Dial: func(context.Context, string, netip.AddrPort) (net.Conn, error) {
		near, far := net.Pipe()
		s := &scripted{on: on}
		all.Go(func() { s.talk(t, far) })
		return near, nil
	}}
}

// trickle writes a first message, then one octet at a time.
func trickle(every time.Duration) act {
	return func(t testing.TB, conn net.Conn, query []byte) {
		sayThen("SOA 4 | NS")(t, conn, query)
		for {
			<-time.After(every)
			if _, err := conn.Write([]byte{0xFF}); err != nil {
				return
			}
		}
	}
}

// endless writes an AXFR without an end, with a pause after each message.
func endless(pause time.Duration) act {
	return func(t testing.TB, conn net.Conn, query []byte) {
		msg := framed(messages(t, idOf(query), typeOf(query), "SOA 4 | NS")[0])
		more := replyMsg(t, idOf(query), typeOf(query))
		for i := range 500 {
			more.Answer = append(more.Answer, line(t, fmt.Sprintf("n%d A 192.0.2.1", i)))
		}
		filler := framed(pack(t, more))
		for {
			if _, err := conn.Write(msg); err != nil {
				return
			}
			msg = filler
			<-time.After(pause)
		}
	}
}

// silent says nothing until the client hangs up.
func silent(t testing.TB, conn net.Conn, query []byte) { say()(t, conn, query) }

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		name   string
		on     act
		limits Limits
		err    error
		after  time.Duration
	}{
		{"idle from the start", silent, Limits{}, ErrTimeout, 10 * time.Second},
		{"idle in the middle", say("SOA 4 | NS"), Limits{Idle: 3 * time.Second}, ErrTimeout, 3 * time.Second},
		{"drill 4 slow: an octet a second", trickle(time.Second), Limits{}, ErrRate, time.Minute},
		{"drill 4 slow, with no minimum rate to speak of", trickle(time.Second), Limits{Rate: 1, Time: time.Hour},
			ErrTime, time.Hour},
		{"drill 5 zone_size: endless", endless(0), Limits{Octets: 1 << 20}, ErrSize, 0},
		{"endless, by records", endless(0), Limits{Records: 10_000}, ErrRecords, 0},
		{"endless, by time", endless(100 * time.Millisecond), Limits{Time: time.Minute}, ErrTime, time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := piped(t, map[uint16]act{axfr: c.on})
				client.Limits = c.limits
				start := time.Now()
				_, err := client.Fetch(t.Context(), apex, Primary{}, nil, Options{})
				if !errors.Is(err, c.err) {
					t.Errorf("error %v, want %v", err, c.err)
				}
				if after := time.Since(start); after != c.after {
					t.Errorf("after %v, want %v", after, c.after)
				}
			})
		})
	}
}

func TestAnIXFRThatTimesOutLeadsToAnAXFR(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := piped(t, map[uint16]act{ixfr: silent, axfr: say(whole)})
		got, err := client.Fetch(t.Context(), apex, Primary{}, version(t, zone3), Options{IXFR: true})
		if err != nil || !errors.Is(got.FellBack, ErrTimeout) || got.Duration != 10*time.Second {
			t.Errorf("%v, fell back %v after %v", err, got.FellBack, got.Duration)
		}
	})
}

// TestALoneNewerSOAOverAnOpenConnection: 40; nothing follows, so that only waiting tells.
func TestALoneNewerSOAOverAnOpenConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := piped(t, map[uint16]act{ixfr: say("SOA 4"), axfr: say(whole)})
		got, err := client.Fetch(t.Context(), apex, Primary{}, version(t, zone3), Options{IXFR: true})
		if err != nil || !errors.Is(got.FellBack, ErrAskAXFR) || got.Duration != loneSOAWait {
			t.Errorf("%v, fell back %v after %v", err, got.FellBack, got.Duration)
		}
	})
}

// TestOneBudgetOfTime: an IXFR that used it up leaves nothing for an AXFR.
func TestOneBudgetOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := piped(t, map[uint16]act{ixfr: trickle(time.Second), axfr: say(whole)})
		client.Limits = Limits{Time: 30 * time.Second}
		got, err := client.Fetch(t.Context(), apex, Primary{}, version(t, zone3), Options{IXFR: true})
		if !errors.Is(err, ErrTime) || got.FellBack != nil || got.Duration != 30*time.Second {
			t.Errorf("%v, fell back %v after %v", err, got.FellBack, got.Duration)
		}
	})
}

func TestDrill03ABlackHoleEndsAtTheConnectLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &Client{Dial: func(ctx context.Context, _ string, _ netip.AddrPort) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		start := time.Now()
		_, err := client.Fetch(t.Context(), apex, Primary{}, version(t, zone3), Options{IXFR: true})
		if !errors.Is(err, ErrConnect) || time.Since(start) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestWhatToDoNext(t *testing.T) {
	for _, c := range []struct {
		err  error
		axfr Step
		ixfr Step
	}{
		{ErrStopped, Later, Later},
		{ErrLocal, Later, Later},
		{ErrConnect, NextPrimary, NextPrimary},
		{ErrNetwork, NextPrimary, AskWhole},
		{ErrTimeout, NextPrimary, AskWhole},
		{ErrRecords, NextPrimary, AskWhole},
		{ErrSize, NextPrimary, AskWhole},
		{ErrTime, NextPrimary, NextPrimary},
		{ErrRate, NextPrimary, NextPrimary},
		{&RcodeError{dns.RcodeRefused}, NextPrimary, AskWhole},
		{ErrLame, NextPrimary, AskWhole},
		{&TSIGError{Code: dns.RcodeBadKey, Primary: true}, NextPrimary, NextPrimary},
		{&TSIGError{Code: dns.RcodeBadSig}, NextPrimary, NextPrimary},
		{&TSIGError{Code: dns.RcodeBadSig, Later: true}, NextPrimary, AskWhole},
		{&TSIGError{Reason: "unsigned"}, NextPrimary, AskWhole},
		{ErrMalformed, NextPrimary, AskWhole},
		{ErrDoesNotApply, NextPrimary, AskWhole},
		{ErrAskAXFR, NextPrimary, AskWhole},
		{ErrOlder, NextPrimary, NextPrimary},
	} {
		for op, want := range map[Op]Step{OpAXFR: c.axfr, OpSOA: c.axfr, OpIXFR: c.ixfr} {
			if got := Next(&Error{Op: op, Err: c.err}); got != want {
				t.Errorf("%s, %v: %s, want %s", op, c.err, got, want)
			}
		}
	}
}

func TestLimitsHaveDefaults(t *testing.T) {
	if got := (Limits{}).withDefaults(); got != DefaultLimits() {
		t.Errorf("%+v", got)
	}
	if got := (Limits{Records: 5}).withDefaults(); got.Records != 5 || got.Idle != 10*time.Second {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(ErrSize.Error(), "size") {
		t.Error(ErrSize)
	}
}
