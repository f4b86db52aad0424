package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A stop is one time that the garbage collector stopped a Go program. A collection stops it twice.
type stop struct {
	held    time.Duration // until a processor ran the program again
	counted time.Duration // until the thread that started it again went on: what the runtime counts
}

// traceSeconds is how long a trace lasts: CoreDNS's pprof gives up after five.
const traceSeconds = 4

// stops has the Go runtime tell what it does for a while. It needs the go command.
func (b *bench) stops(s *server) ([]stop, error) {
	path := filepath.Join(b.stand.TempDir(), "trace")
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := fetch(s.pprof, fmt.Sprintf("trace?seconds=%d", traceSeconds), f); err != nil {
		return nil, err
	}
	cmd := exec.Command("go", "tool", "trace", "-d=parsed", path)
	text, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	list, err := readStops(text)
	if err != nil {
		cmd.Process.Kill()
	}
	if failed := cmd.Wait(); err == nil {
		err = failed
	}
	return list, err
}

// readStops reads what "go tool trace -d=parsed" writes.
func readStops(text io.Reader) ([]stop, error) {
	var w world
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if err := w.line(lines.Text()); err != nil {
			return nil, err
		}
	}
	return w.stops, lines.Err()
}

// A world is the processors of a traced program.
type world struct {
	stops   []stop
	running map[string]bool // the processors that run

	stopper, goroutine string // the processor and the goroutine that stop the others; empty: they are not stopped
	begun              time.Duration
	goes               time.Duration // when the others began to run after none of them ran, the last time; zero: they did not
}

// line reads one line, such as
//
//	M=18524 P=0 G=1 RangeBegin Time=11657926673600 Name="stop-the-world (GC sweep termination)" Scope=Goroutine(1)
//	M=18524 P=0 G=1 StateTransition Time=11657926675136 ProcID=1 Running->Idle Reason=""
func (w *world) line(text string) error {
	word := strings.Fields(text)
	if !strings.HasPrefix(text, "M=") || len(word) < 7 {
		return nil
	}
	stops, moves := strings.Contains(text, `Name="stop-the-world (GC `), strings.HasPrefix(word[5], "ProcID=")
	if !stops && !moves {
		return nil
	}
	ns, err := strconv.ParseInt(strings.TrimPrefix(word[4], "Time="), 10, 64)
	if err != nil {
		return fmt.Errorf("trace: %q: %w", text, err)
	}
	switch at := time.Duration(ns); {
	case moves:
		w.move("P="+strings.TrimPrefix(word[5], "ProcID="), strings.HasSuffix(word[6], "->Running"), at)
	case word[3] == "RangeBegin":
		w.stopper, w.goroutine, w.begun, w.goes = word[1], word[2], at, 0
	case word[3] == "RangeEnd" && word[2] == w.goroutine:
		s := stop{held: at - w.begun, counted: at - w.begun}
		if w.goes > 0 {
			s.held = w.goes - w.begun
		}
		w.stops, w.stopper, w.goroutine = append(w.stops, s), "", ""
	}
	return nil
}

func (w *world) move(processor string, runs bool, at time.Duration) {
	if w.running == nil {
		w.running = make(map[string]bool)
	}
	if runs && w.stopper != "" && w.alone() {
		w.goes = at
	}
	w.running[processor] = runs
}

// alone says whether no processor runs but the one that stops the others.
func (w *world) alone() bool {
	for id, runs := range w.running {
		if runs && id != w.stopper {
			return false
		}
	}
	return true
}
