package xfr

import (
	"context"
	"net"
	"sync"
	"time"
)

// A link is a connection to a primary.
type link struct {
	net.Conn
	raw    net.Conn    // what TLS is spoken over; else the connection itself
	stop   func() bool // ends the watch of the context
	reused bool        // kept from an earlier conversation
	expiry *time.Timer // closes it when it was kept for too long
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

const (
	// keptFor is how long an idle connection is kept. Most primaries close theirs earlier.
	keptFor = 2 * time.Minute
	// keptWait is how long a kept connection may be silent after a query before it counts as dead: a path
	// may have forgotten it without telling.
	keptWait = 2 * time.Second
	// maxKept is how many connections a Client keeps.
	maxKept = 128
)

// kept are idle connections, one a primary at most (RFC 7766 §6.2.1).
type kept struct {
	mu    sync.Mutex
	links map[Primary]*link
}

// take is the connection kept for p, or nil.
func (k *kept) take(p Primary) *link {
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.links[p]
	if l == nil || !l.expiry.Stop() {
		return nil
	}
	delete(k.links, p)
	l.reused = true
	return l
}

// put keeps a connection whose conversation ended well, or closes it when there is no room.
func (k *kept) put(p Primary, l *link) {
	if !l.stop() || l.SetDeadline(time.Time{}) != nil {
		l.Close()
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.links[p] != nil || len(k.links) >= maxKept {
		l.Close()
		return
	}
	if k.links == nil {
		k.links = map[Primary]*link{}
	}
	k.links[p] = l
	l.expiry = time.AfterFunc(keptFor, func() { k.expire(p, l) })
}

func (k *kept) expire(p Primary, l *link) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.links[p] == l {
		delete(k.links, p)
	}
	l.Close()
}

// CloseIdle closes the connections that were kept. Fetches that run are not disturbed.
func (c *Client) CloseIdle() {
	c.kept.mu.Lock()
	defer c.kept.mu.Unlock()
	for p, l := range c.kept.links {
		if l.expiry.Stop() {
			l.Close()
		}
		delete(c.kept.links, p)
	}
}
