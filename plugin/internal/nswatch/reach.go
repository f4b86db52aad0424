package nswatch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// reach finds servers that do not answer over UDP, TCP or both. Where none of several answers, it may be us who is cut off:
// then nothing is known of any, and that is what is found of the zone.
func reach(r *Round, out *Report) {
	switch all := (Subject{Kind: Unreachable}); {
	case CutOff(r.Seen):
		out.found(all, false, "no nameserver answers: all of them have failed, or it is us who is cut off")
		return
	case len(r.Seen) > 0:
		out.good(all)
	}
	for i := range r.Seen {
		s := &r.Seen[i]
		at := Subject{Kind: Unreachable, Server: s.Server}
		switch {
		case s.NoRoute:
		case s.UDP != nil && s.TCP != nil:
			out.found(at, false, fmt.Sprintf("does not answer: %s", Why(s.UDP)))
		case s.UDP != nil:
			out.found(at, false, fmt.Sprintf("does not answer over UDP: %s", Why(s.UDP)))
		case s.TCP != nil:
			out.found(at, false, fmt.Sprintf("does not answer over TCP: %s", Why(s.TCP)))
		default:
			out.good(at)
		}
	}
}

// Why is an error without the ports of this side that are others each time; empty: there is none.
func Why(err error) string {
	if err == nil {
		return ""
	}
	var number syscall.Errno
	var network net.Error
	switch {
	case errors.As(err, &number):
		return number.Error()
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "timeout"
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err.Error()
	}
	return err.Error()
}

// CutOff says that none of several servers answers.
func CutOff(list []Seen) bool {
	for i := range list {
		if list[i].Answers() {
			return false
		}
	}
	return len(list) > 1
}

// lame finds servers that the zone or its parent names, and that do not answer as authorities for it (RFC 9499 §7).
func lame(r *Round, out *Report) {
	for i := range r.Seen {
		s := &r.Seen[i]
		at := Subject{Kind: Lame, Server: s.Server}
		switch {
		case !s.Answers():
		case s.Lame != "":
			out.found(at, true, "is lame: "+s.Lame)
		default:
			out.good(at)
		}
	}
}
