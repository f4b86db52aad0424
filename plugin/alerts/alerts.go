// Package alerts has the alerts of the process: the plugins of Understudy tell it what is wrong, and where that is to be
// sent. It logs and counts what became of it.
package alerts

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/coredns/coredns/plugin"
	clog "github.com/coredns/coredns/plugin/pkg/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/understudy-dns/understudy/plugin/internal/events"
)

var log = clog.NewWithPlugin("alerts")

// Sent counts alerts by where they were to go, and what became of that.
var Sent = promauto.NewCounterVec(prometheus.CounterOpts{
	Namespace: plugin.Namespace, Subsystem: "understudy", Name: "alerts_total",
	Help: "Alerts by where they were to go and what became of that.",
}, []string{"sink", "result"})

// An office is the hub of the process, while some instance of a plugin needs one.
type office struct {
	mu     sync.Mutex
	owners map[any][]events.Sink
	hub    *events.Hub // nil: nobody needs it
	hubs   uint64      // how many there were
	silent map[events.Sink]bool
}

var process = &office{owners: make(map[any][]events.Sink), silent: make(map[events.Sink]bool)}

// Attach has all alerts of the process sent to sinks, too, for as long as an instance of a plugin lives.
func Attach(instance any, sinks []events.Sink) { process.attach(instance, sinks) }

// Detach ends that. With the last instance, what is yet to be told is told, for two seconds at the most.
func Detach(instance any) { process.detach(instance) }

// Fire says that something is wrong. It may be said again: see events.Hub.
func Fire(a events.Alert) {
	if h := process.current(); h != nil {
		h.Fire(a)
	}
}

// Resolve says that it is not any more.
func Resolve(name string, labels map[string]string) {
	if h := process.current(); h != nil {
		h.Resolve(name, labels, time.Now())
	}
}

// Session is another number whenever all that fires is forgotten, and has to be said again; 0: nobody listens.
func Session() uint64 { return process.session() }

func (o *office) session() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.hub == nil {
		return 0
	}
	return o.hubs
}

func (o *office) attach(instance any, sinks []events.Sink) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.hub == nil {
		o.hub = events.NewHub(o.became)
		o.hubs++
	}
	o.owners[instance] = sinks
	o.configure()
}

// configure has the hub know all sinks; o.mu is held.
func (o *office) configure() {
	var all []events.Sink
	for _, list := range o.owners {
		all = slices.Concat(all, list)
	}
	o.hub.Configure(all)
}

const closeWait = 2 * time.Second

func (o *office) detach(instance any) {
	o.mu.Lock()
	if _, there := o.owners[instance]; !there {
		o.mu.Unlock()
		return
	}
	delete(o.owners, instance)
	if len(o.owners) > 0 {
		o.configure()
		o.mu.Unlock()
		return
	}
	hub := o.hub
	o.hub = nil
	o.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	hub.Close(ctx)
}

func (o *office) current() *events.Hub {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.hub
}

// became counts what became of alerts. A sink that takes none is told of when that begins, and when it is over.
func (o *office) became(e events.Outcome) {
	Sent.WithLabelValues(e.Sink.String(), string(e.Result)).Add(float64(e.Alerts))
	o.mu.Lock()
	was, is := o.silent[e.Sink], e.Result != events.Sent
	if is {
		o.silent[e.Sink] = true
	} else {
		delete(o.silent, e.Sink)
	}
	o.mu.Unlock()
	switch {
	case is && !was:
		log.Warningf("%d alerts for %s %s: %v", e.Alerts, e.Sink, e.Result, e.Err)
	case was && !is:
		log.Infof("%s takes alerts again", e.Sink)
	}
}
