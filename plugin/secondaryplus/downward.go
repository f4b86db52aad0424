package secondaryplus

import (
	"sync"

	"github.com/coredns/coredns/plugin/transfer"
)

// downward tells the secondaries below us of new versions, through the transfer plugin of the server
// block. That plugin asks one after the other and waits for each, so it has a goroutine of its own here;
// versions that come meanwhile are told once.
type downward struct {
	transfer *transfer.Transfer
	wake     chan struct{}
	stop     chan struct{}
	done     sync.WaitGroup

	mu    sync.Mutex
	zones []string
}

func newDownward(t *transfer.Transfer) *downward {
	d := &downward{transfer: t, wake: make(chan struct{}, 1), stop: make(chan struct{})}
	d.done.Go(d.run)
	return d
}

// published notes that a zone has a new version. It does not wait.
func (d *downward) published(zone string) {
	d.mu.Lock()
	known := false
	for _, z := range d.zones {
		known = known || z == zone
	}
	if !known {
		d.zones = append(d.zones, zone)
	}
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

func (d *downward) run() {
	for {
		select {
		case <-d.stop:
			return
		case <-d.wake:
		}
		for zone, ok := d.next(); ok; zone, ok = d.next() {
			if err := d.transfer.Notify(zone); err != nil {
				log.Warningf("%s: not every secondary could be notified: %v", zone, err)
			}
		}
	}
}

func (d *downward) next() (zone string, ok bool) {
	select {
	case <-d.stop:
		return "", false
	default:
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.zones) == 0 {
		return "", false
	}
	zone, d.zones = d.zones[0], d.zones[1:]
	return zone, true
}

// close ends the goroutine, after the NOTIFY that it may be sending.
func (d *downward) close() {
	close(d.stop)
	d.done.Wait()
}
