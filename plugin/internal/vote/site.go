package vote

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// Config is how a site takes part.
type Config struct {
	Endpoints          []string
	TLS                *tls.Config
	Username, Password string
	Name               string // of the site
	Prefix             string // of the keys; empty: the default
	// Told is called after each change of the tally, and when the etcd is lost or found, by one goroutine at a time.
	Told func()
	// Trouble is told of what goes wrong, and nil when it is over. By one goroutine at a time.
	Trouble func(error)
}

const (
	defaultPrefix = "/understudy/health/"
	// leaseFor is how long a site that says nothing any more is counted.
	leaseFor  = 10 * time.Second
	retryWait = time.Second
	callWait  = 3 * time.Second
)

// Site is one of those who vote. It goes on by itself; Close ends it.
type Site struct {
	config Config
	client *clientv3.Client // of the session; only its goroutine uses it
	cancel context.CancelFunc
	done   sync.WaitGroup
	wake   chan struct{}
	tally  atomic.Pointer[Tally] // nil: the etcd is not reached

	mu    sync.Mutex
	sees  map[string]bool // what this site says of targets: whether they are down
	fresh map[string]bool // of those, what the etcd is not told yet
}

// Join begins to take part. It waits for nothing: an etcd that is not there is tried again and again.
func Join(c Config) *Site {
	if c.Prefix == "" {
		c.Prefix = defaultPrefix
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Site{
		config: c, cancel: cancel, wake: make(chan struct{}, 1),
		sees: make(map[string]bool), fresh: make(map[string]bool),
	}
	s.done.Go(func() { s.run(ctx) })
	return s
}

// Close ends it, and waits. What this site has said is forgotten when its lease ends.
func (s *Site) Close() {
	s.cancel()
	s.done.Wait()
}

// Tally is what all sites say; nil: it is not known.
func (s *Site) Tally() *Tally { return s.tally.Load() }

// Say says what this site sees of a target. It does not wait.
func (s *Site) Say(target string, down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if was, said := s.sees[target]; said && was == down {
		return
	}
	s.sees[target], s.fresh[target] = down, down
	s.poke()
}

// Forget takes back what this site says of all targets but some.
func (s *Site) Forget(keep func(target string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for target := range s.sees {
		if !keep(target) {
			delete(s.sees, target)
			s.fresh[target] = false
		}
	}
	s.poke()
}

func (s *Site) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run takes part in one session after the other.
func (s *Site) run(ctx context.Context) {
	failing := false
	for ctx.Err() == nil {
		err := s.session(ctx, func() {
			if failing {
				failing = false
				s.config.Trouble(nil)
			}
		})
		s.tally.Store(nil)
		s.config.Told()
		if ctx.Err() != nil {
			return
		}
		if !failing {
			failing = true
			s.config.Trouble(err)
		}
		select {
		case <-time.After(retryWait):
		case <-ctx.Done():
		}
	}
}

var errSession = errors.New("the session with the etcd has ended")

// connect makes a client. With credentials that waits for the etcd, which tells a token for them.
func (s *Site) connect(ctx context.Context) (*clientv3.Client, error) {
	return clientv3.New(clientv3.Config{
		Context: ctx, Endpoints: s.config.Endpoints, TLS: s.config.TLS, Username: s.config.Username, Password: s.config.Password,
		DialTimeout: callWait, Logger: zap.NewNop(),
	})
}

// session has a client and a lease of its own, under which this site says what it sees, and follows what the others say.
// It ends with the first error.
func (s *Site) session(ctx context.Context, well func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	client, err := s.connect(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = client.Close() }() // nothing is left to be lost
	s.client = client
	lease, err := within(ctx, func(ctx context.Context) (*clientv3.LeaseGrantResponse, error) {
		return s.client.Grant(ctx, int64(leaseFor/time.Second))
	})
	if err != nil {
		return fmt.Errorf("lease: %w", err)
	}
	alive, err := s.client.KeepAlive(ctx, lease.ID)
	if err != nil {
		return fmt.Errorf("lease: %w", err)
	}
	if err := s.sayAll(ctx, lease.ID); err != nil {
		return err
	}
	now, err := within(ctx, func(ctx context.Context) (*clientv3.GetResponse, error) {
		return s.client.Get(ctx, s.config.Prefix, clientv3.WithPrefix())
	})
	if err != nil {
		return fmt.Errorf("get: %w", err)
	}
	tally := new(Tally)
	for _, kv := range now.Kvs {
		tally = s.heard(tally, string(kv.Key), string(kv.Value), true)
	}
	late := time.AfterFunc(callWait, cancel) // what it returns lives as long as its context: within does not do
	changes := s.client.Watch(clientv3.WithRequireLeader(ctx), s.config.Prefix, clientv3.WithPrefix(), clientv3.WithRev(now.Header.Revision+1))
	if !late.Stop() {
		return fmt.Errorf("watch: %w", context.DeadlineExceeded)
	}
	well()
	s.publish(tally)
	return s.follow(ctx, lease.ID, tally, changes, alive)
}

func (s *Site) follow(ctx context.Context, lease clientv3.LeaseID, tally *Tally, changes clientv3.WatchChan, alive <-chan *clientv3.LeaseKeepAliveResponse) error {
	for {
		select {
		case c, ok := <-changes:
			if !ok || c.Err() != nil {
				return errors.Join(errSession, c.Err())
			}
			for _, e := range c.Events {
				tally = s.heard(tally, string(e.Kv.Key), string(e.Kv.Value), e.Type == clientv3.EventTypePut)
			}
			s.publish(tally)
		case _, ok := <-alive:
			if !ok {
				return fmt.Errorf("%w: the lease is lost", errSession)
			}
		case <-s.wake:
			if err := s.say(ctx, lease); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Site) publish(t *Tally) {
	s.tally.Store(t)
	s.config.Told()
}

// Keys are PREFIXsites/SITE, and PREFIXseen/SITE/TARGET with the value down; parts are escaped as in a URL.
const (
	sitesPart = "sites/"
	seenPart  = "seen/"
	downValue = "down"
)

// heard takes in a key that was put or deleted. What is none of ours says nothing.
func (s *Site) heard(t *Tally, key, value string, put bool) *Tally {
	key = strings.TrimPrefix(key, s.config.Prefix)
	if site, ok := strings.CutPrefix(key, sitesPart); ok {
		if name, err := url.PathUnescape(site); err == nil {
			return t.with(name, put)
		}
		return t
	}
	rest, ok := strings.CutPrefix(key, seenPart)
	site, target, both := strings.Cut(rest, "/")
	name, err1 := url.PathUnescape(site)
	what, err2 := url.PathUnescape(target)
	if !ok || !both || err1 != nil || err2 != nil {
		return t
	}
	return t.seen(name, what, put && value == downValue)
}

// sayAll says all that this site sees, and that it is there.
func (s *Site) sayAll(ctx context.Context, lease clientv3.LeaseID) error {
	s.mu.Lock()
	s.fresh = maps.Clone(s.sees)
	s.mu.Unlock()
	if err := s.say(ctx, lease); err != nil {
		return err
	}
	_, err := within(ctx, func(ctx context.Context) (*clientv3.PutResponse, error) {
		return s.client.Put(ctx, s.config.Prefix+sitesPart+url.PathEscape(s.config.Name), "", clientv3.WithLease(lease))
	})
	if err != nil {
		return fmt.Errorf("put: %w", err)
	}
	return nil
}

// say says what is new.
func (s *Site) say(ctx context.Context, lease clientv3.LeaseID) error {
	s.mu.Lock()
	fresh := s.fresh
	s.fresh = make(map[string]bool)
	s.mu.Unlock()
	for target, down := range fresh {
		key := s.config.Prefix + seenPart + url.PathEscape(s.config.Name) + "/" + url.PathEscape(target)
		var err error
		if down {
			_, err = within(ctx, func(ctx context.Context) (*clientv3.PutResponse, error) {
				return s.client.Put(ctx, key, downValue, clientv3.WithLease(lease))
			})
		} else {
			_, err = within(ctx, func(ctx context.Context) (*clientv3.DeleteResponse, error) { return s.client.Delete(ctx, key) })
		}
		if err != nil {
			return fmt.Errorf("put: %w", err) // the next session says all of it again
		}
	}
	return nil
}

// within is a call that may not take long.
func within[R any](ctx context.Context, call func(context.Context) (R, error)) (R, error) {
	ctx, cancel := context.WithTimeout(ctx, callWait)
	defer cancel()
	return call(ctx)
}
