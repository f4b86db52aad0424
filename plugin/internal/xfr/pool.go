package xfr

import (
	"crypto/sha256"
	"errors"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"
)

// A Pool keeps connections whose conversation has ended well for the next one with the same primary, whatever its
// zone (RFC 7766 §6.2.1, RFC 9103). Clients share it, also those of different configurations. The zero Pool is
// ready to use, and a nil one keeps nothing. It is safe for concurrent use. CloseIdle ends what is kept.
type Pool struct {
	mu    sync.Mutex
	links map[peer][]*link // the one that was used last is the last
	count int
}

// peer is what makes one connection as good as another one.
type peer struct {
	addr   netip.AddrPort
	tls    *TLS
	shown  [sha256.Size]byte // our certificate: a connection that was made with another one is not used any more
	source netip.Addr
}

const (
	// keptFor is how long an idle connection is kept.
	keptFor = 30 * time.Second
	// watchedAfter is how long a connection is idle before anybody looks whether the primary closes it. Between the
	// transfers of many zones that would cost more than to find it closed.
	watchedAfter = 500 * time.Millisecond
	// keptWait is how long a kept connection may be silent after a query before it counts as dead: a path
	// may have forgotten it without telling.
	keptWait = 2 * time.Second
	// maxKept is how many connections a Pool keeps, maxKeptEach those of them to one primary: as many as run at once
	// when nothing is out of the ordinary.
	maxKept     = 128
	maxKeptEach = 16
)

// take is a connection kept for k, or nil.
func (p *Pool) take(k peer) *link {
	if p == nil {
		return nil
	}
	for l := p.last(k); l != nil; l = p.last(k) {
		if l.rouse() {
			l.reused = true
			return l
		}
		l.Close()
	}
	return nil
}

// last takes the connection to k that was used last out of the pool.
func (p *Pool) last(k peer) *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.links[k]
	if len(list) == 0 {
		return nil
	}
	l := list[len(list)-1]
	p.drop(k, len(list)-1)
	return l
}

// put keeps a connection whose conversation ended well, or closes it when there is no room.
func (p *Pool) put(l *link) {
	if p == nil || !l.stop() || l.SetDeadline(time.Time{}) != nil {
		l.release()
		return
	}
	k := l.peer
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count >= maxKept || len(p.links[k]) >= maxKeptEach {
		l.Close()
		return
	}
	if p.links == nil {
		p.links = make(map[peer][]*link)
	}
	p.links[k] = append(p.links[k], l)
	p.count++
	l.watched = make(chan struct{})
	end := time.Now().Add(keptFor)
	l.watcher = time.AfterFunc(watchedAfter, func() { p.watch(k, l, end) })
}

// drop takes the i-th connection to k out of the pool; p.mu is held.
func (p *Pool) drop(k peer, i int) {
	p.count--
	if p.links[k] = slices.Delete(p.links[k], i, i+1); len(p.links[k]) == 0 {
		delete(p.links, k)
	}
}

// watch waits until an idle connection is closed by the primary, was kept for long enough, or is taken. Whatever the
// primary says on its own ends it, too.
func (p *Pool) watch(k peer, l *link, end time.Time) {
	defer close(l.watched)
	p.mu.Lock()
	if !slices.Contains(p.links[k], l) {
		p.mu.Unlock()
		return // taken at this moment
	}
	err := l.SetReadDeadline(end)
	p.mu.Unlock()
	if err == nil {
		_, err = l.Read(make([]byte, 1))
	}
	p.mu.Lock()
	i := slices.Index(p.links[k], l)
	if i >= 0 {
		p.drop(k, i)
	}
	p.mu.Unlock()
	l.dead = i >= 0 || !errors.Is(err, os.ErrDeadlineExceeded)
	if i >= 0 {
		l.Close()
	}
}

// CloseIdle closes the connections that are kept. Conversations that take place are not disturbed.
func (p *Pool) CloseIdle() {
	p.mu.Lock()
	all := p.links
	p.links, p.count = nil, 0
	p.mu.Unlock()
	for _, list := range all {
		for _, l := range list {
			l.rouse()
			l.Close()
		}
	}
}
