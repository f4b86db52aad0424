package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/understudy-dns/understudy/test/peer/port"
)

// A contender is a way to run a secondary.
type contender interface {
	// title is the head of its column.
	title() string
	// start starts it as the secondary of zones of a primary, at a port of 127.0.0.1. It need not wait
	// until anything is served; measures do that.
	start(b *bench, zones []string, primary string, port int) *server
}

// A server is a contender that runs.
type server struct {
	name    string
	addr    string
	begun   time.Time // when its process was started
	pid     int
	group   bool         // it is several processes
	garbage func() error // runs the garbage collector; nil: it has none
	pprof   string       // address, "" if it has none
	stop    func()
	ended   <-chan struct{} // closed when it has ended by itself
	tail    func() string   // the end of its log
}

// launch starts a contender on a free port. It ends with the part of the run that it is started in.
func (b *bench) launch(c contender, zones []string, primary string) *server {
	s := c.start(b, zones, primary, port.Free(b.stand, "127.0.0.1"))
	s.name = c.title()
	b.stand.Cleanup(s.stop)
	return s
}

// The two that are always there.
const (
	oursTitle  = "ours"
	stockTitle = "stock"
)

// contenders are those that take part; the first is ours, the second the one that it is compared with.
func (b *bench) contenders() []contender {
	list := []contender{
		coredns{name: oursTitle, plugin: "secondaryplus", binary: b.ours},
		coredns{name: stockTitle, plugin: "secondary", binary: b.stock},
	}
	if b.options.peers {
		list = append(list, installedPeers(b)...)
	}
	return list
}

// inTurn is the order of a round: nobody is always the first.
func inTurn[T any](list []T, round int) []T {
	n := round % len(list)
	return append(append([]T{}, list[n:]...), list[:n]...)
}

// binaries finds or builds what is measured, and takes a copy of it, for two reasons: nobody replaces it
// meanwhile, and of a file that the linker has just written the kernel maps half as much again, which
// would count as memory of the process.
func (b *bench) binaries() {
	dir := b.stand.TempDir()
	ours := b.options.ours
	if ours == "" {
		ours = filepath.Join(dir, "built")
		b.build(ours)
	}
	b.ours = filepath.Join(dir, "coredns")
	b.copyProgram(ours, b.ours)
	b.stock = b.ours
	if b.options.stock != "" {
		b.stock = filepath.Join(dir, "stock")
		b.copyProgram(b.options.stock, b.stock)
	}
}

func (b *bench) copyProgram(from, to string) {
	in, err := os.Open(from)
	if err != nil {
		b.stand.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		b.stand.Fatal(err)
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		b.stand.Fatal(err)
	}
	// Whoever runs a new program first waits for the disk.
	if text, err := exec.Command(to, "-version").CombinedOutput(); err != nil {
		b.stand.Fatalf("%s -version: %v\n%s", from, err, text)
	}
}

func (b *bench) build(path string) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	root := filepath.Dir(strings.TrimSpace(string(out)))
	if err != nil || root == "/dev" {
		b.stand.Fatal("run this within the module, or give -ours")
	}
	b.say("building ./coredns-build")
	cmd := exec.Command("go", "build", "-o", path, "./coredns-build")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		b.stand.Fatalf("go build ./coredns-build: %v\n%s", err, out)
	}
}
