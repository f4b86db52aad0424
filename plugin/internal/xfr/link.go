package xfr

import (
	"context"
	"net"
	"time"
)

// A link is a connection to a primary.
type link struct {
	net.Conn
	raw    net.Conn    // what TLS is spoken over; else the connection itself
	stop   func() bool // ends the watch of the context
	peer   peer        // whose it is
	reused bool        // kept from an earlier conversation

	// While and after it is kept, see Pool.
	watcher *time.Timer   // starts watching it
	watched chan struct{} // closed when that has ended
	dead    bool          // what that found; valid then
}

// watch closes the link as soon as ctx ends. It is the raw connection that is closed: closing TLS would
// first wait for its farewell to be sent.
func (l *link) watch(ctx context.Context) {
	l.stop = context.AfterFunc(ctx, func() { l.raw.Close() })
}

// release ends the watch and closes the link.
func (l *link) release() {
	l.stop()
	l.Close()
}

// rouse ends the idleness of a link that was taken out of its Pool, and says whether it can be used.
func (l *link) rouse() bool {
	if l.watcher.Stop() {
		return true
	}
	_ = l.SetReadDeadline(time.Unix(0, 1))
	<-l.watched
	return !l.dead && l.SetReadDeadline(time.Time{}) == nil
}
