package prober

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"
)

// TCP is a check whether a connection can be made to addr. Nothing is sent over it.
func TCP(addr netip.AddrPort, source Source) Check {
	return &tcp{Key{Kind: KindTCP, Addr: addr}, source}
}

type tcp struct {
	key    Key
	source Source
}

func (c *tcp) Key() Key { return c.key }

func (c *tcp) Run(ctx context.Context) Result {
	begun := time.Now()
	conn, err := c.source.dial(ctx, "tcp", c.key.Addr)
	if err != nil {
		return networkFailure(ctx, err)
	}
	defer conn.Close()
	return Result{Outcome: OK, RTT: time.Since(begun)}
}

// isDial says that no connection was made.
func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}
