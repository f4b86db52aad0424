package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/peer/process"
)

// A contender is a way to run a secondary.
type contender interface {
	// title is the head of its column.
	title() string
	// start starts it at a port of 127.0.0.1. It does not wait until anything is served; measures do that.
	start(b *bench, o order, port int) *server
}

// An order is what a contender is to do.
type order struct {
	zones   []string
	primary string // its address
	folder  string // what it keeps there is there at the next start; empty: nothing need be kept
	port    int    // of 127.0.0.1; 0: any that is free
	out     bool   // everybody may transfer the zones from it
}

// A server is a contender that runs.
type server struct {
	name    string
	addr    string
	begun   time.Time // when its process was started
	pid     int
	group   bool         // it is several processes
	garbage func() error // runs the garbage collector; nil: it has none
	flush   func()       // writes what it keeps, or waits for that; nil: it ends no sooner
	pprof   string       // address, "" if it has none
	stop    func()
	ended   <-chan struct{} // closed when it has ended by itself
	tail    func() string   // the end of its log
}

// launch starts a contender. It ends with the part of the run that it is started in.
func (b *bench) launch(c contender, o order) *server {
	b.stand.begin()
	if o.port == 0 {
		o.port = b.freePort()
	}
	s := c.start(b, o, o.port)
	s.name = c.title()
	b.stand.Cleanup(s.stop)
	return s
}

func (b *bench) freePort() int { return port.Free(b.stand, "127.0.0.1") }

// spawn starts a program in a folder, and returns what is known of every server.
func (b *bench) spawn(dir string, at int, argv ...string) *server {
	log, err := process.NewLog(filepath.Join(dir, "log"))
	if err != nil {
		b.stand.Fatal(err)
	}
	s := &server{addr: fmt.Sprintf("127.0.0.1:%d", at), begun: time.Now()}
	p, err := process.Start(log, dir, nil, argv[0], argv[1:]...)
	if err != nil {
		b.stand.Fatal(err)
	}
	s.pid, s.ended = p.Pid(), p.Done()
	s.tail = func() string { return log.Tail(10) }
	s.stop = func() {
		if b.stand.over.Load() {
			p.Kill()
			return
		}
		stopping := time.AfterFunc(b.options.patience, p.Kill) // what very many zones need is more than Stop's grace
		defer stopping.Stop()
		p.Signal(syscall.SIGTERM)
		<-p.Done()
		p.Stop() // what is left of its children
	}
	return s
}

// folder is where a contender of an order works.
func (b *bench) folder(o order) string {
	if o.folder != "" {
		return o.folder
	}
	return b.stand.TempDir()
}

func (b *bench) write(dir, name, text string) string {
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.stand.Fatal(err)
	}
	return path
}

// The two that are always there.
const (
	oursTitle  = "ours"
	stockTitle = "stock"
)

// contenders are those that take part; the first is ours.
func (b *bench) contenders() []contender {
	all := []contender{
		coredns{name: oursTitle, plugin: "secondaryplus", binary: b.ours},
		coredns{name: stockTitle, plugin: "secondary", binary: b.stock}, bind{}, knot{}, nsd{},
	}
	var list []contender
	for _, c := range all {
		if slices.Contains(strings.Split(b.options.with, ","), c.title()) {
			list = append(list, c)
		}
	}
	return list
}

// inTurn is the order of a round: nobody is always the first.
func inTurn[T any](list []T, round int) []T {
	n := round % max(len(list), 1)
	return append(append([]T{}, list[n:]...), list[:n]...)
}
