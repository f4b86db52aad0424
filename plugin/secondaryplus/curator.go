package secondaryplus

import "sync"

// curator reviews catalog zones that have changed. The goroutine is its own, because the refresh in which a
// catalog changes must not wait for the end of others. A catalog that changes again meanwhile is reviewed once.
type curator struct {
	review func(*member)
	wake   chan struct{}
	stop   chan struct{}
	done   sync.WaitGroup

	mu      sync.Mutex
	waiting []*member
}

func newCurator(review func(*member)) *curator {
	c := &curator{review: review, wake: make(chan struct{}, 1), stop: make(chan struct{})}
	c.done.Go(c.run)
	return c
}

// changed notes that a catalog zone is to be reviewed. It does not wait.
func (c *curator) changed(m *member) {
	c.mu.Lock()
	known := false
	for _, w := range c.waiting {
		known = known || w == m
	}
	if !known {
		c.waiting = append(c.waiting, m)
	}
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *curator) run() {
	for {
		select {
		case <-c.stop:
			return
		case <-c.wake:
		}
		for m := c.next(); m != nil; m = c.next() {
			c.review(m)
		}
	}
}

func (c *curator) next() *member {
	select {
	case <-c.stop:
		return nil
	default:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		return nil
	}
	m := c.waiting[0]
	c.waiting = c.waiting[1:]
	return m
}

// close ends the goroutine, after the review that it may be making. engine.change must not be held.
func (c *curator) close() {
	close(c.stop)
	c.done.Wait()
}
