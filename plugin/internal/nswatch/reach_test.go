package nswatch

import (
	"context"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"
)

func TestReachability(t *testing.T) {
	dead := func(s Server) Seen { return Seen{Server: s, UDP: errBroken, TCP: errBroken} }
	for name, c := range map[string]struct {
		seen               Seen
		reach, lame, drift string
	}{
		"well":          {says(second, 7), "", "", "?"},
		"silent":        {dead(second), "does not answer: broken", "?", "?"},
		"no UDP":        {func() Seen { s := says(second, 7); s.UDP = errBroken; return s }(), "over UDP: broken", "", "?"},
		"no TCP":        {func() Seen { s := says(second, 7); s.TCP = errBroken; return s }(), "over TCP: broken", "", "?"},
		"no way to it":  {func() Seen { s := dead(second); s.NoRoute = true; return s }(), "?", "?", "?"},
		"refuses":       {Seen{Server: second, Lame: "it answers REFUSED"}, "", "is lame: it answers REFUSED", "?"},
		"lame over UDP": {Seen{Server: second, TCP: errBroken, Lame: "it has no SOA"}, "over TCP", "is lame: it has no SOA", "?"},
	} {
		t.Run(name, func(t *testing.T) {
			out := judged(round(says(first, 7), c.seen))
			want(t, out, Subject{Kind: Unreachable, Server: second}, c.reach)
			want(t, out, Subject{Kind: Lame, Server: second}, c.lame)
			want(t, out, Subject{Kind: Drift, Server: second}, c.drift)
			want(t, out, Subject{Kind: Unreachable, Server: first}, "")
		})
	}
}

// When nobody of several answers, it may be us: nothing is known of any. Of one alone it is.
func TestNobodyAnswers(t *testing.T) {
	dead := func(s Server) Seen { return Seen{Server: s, UDP: errBroken, TCP: errBroken} }
	out := judged(round(dead(first), dead(second)))
	for _, kind := range []Kind{Unreachable, Lame, Lag, Drift, Expiring, Invalid} {
		want(t, out, Subject{Kind: kind, Server: first}, "?")
	}
	want(t, out, Subject{Kind: Unreachable}, "no nameserver answers")
	want(t, judged(round(dead(first), says(second, 7))), Subject{Kind: Unreachable}, "")
	want(t, judged(round(dead(first))), Subject{Kind: Unreachable, Server: first}, "does not answer")
}

// The text of an error is the same each time.
func TestWhyHasNoPortsOfOurs(t *testing.T) {
	refused := &net.OpError{Op: "read", Net: "udp", Source: &net.UDPAddr{Port: 40001}, Err: os.NewSyscallError("read", syscall.ECONNREFUSED)}
	for text, err := range map[string]error{
		"":                   nil,
		"connection refused": fmt.Errorf("asked: %w", refused),
		"timeout":            &net.OpError{Op: "read", Source: &net.UDPAddr{Port: 40002}, Err: os.ErrDeadlineExceeded},
		"broken":             &net.OpError{Op: "read", Source: &net.UDPAddr{Port: 40003}, Err: errBroken},
	} {
		if got := Why(err); got != text {
			t.Errorf("%q, not %q", got, text)
		}
	}
	if got := Why(context.DeadlineExceeded); got != "timeout" {
		t.Error(got)
	}
}
