package process

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/ask"
)

// Log collects what one or several runs of a program print, in memory and in
// a file, and wakes those who wait for a line.
type Log struct {
	mu    sync.Mutex
	text  []byte
	file  *os.File
	grown chan struct{} // closed and replaced at every write
}

// NewLog makes a log that is also written to path.
func NewLog(path string) (*Log, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &Log{file: f, grown: make(chan struct{})}, nil
}

// Write appends program output.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	close(l.grown)
	l.grown = make(chan struct{})
	l.file.Write(p)
	return len(p), nil
}

// String is all that was printed so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// Mark is a position for WaitFrom: the end of what was printed so far.
func (l *Log) Mark() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.text)
}

// Since is what was printed after mark.
func (l *Log) Since(mark int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text[mark:])
}

// Tail is the last n lines.
func (l *Log) Tail(n int) string {
	lines := strings.Split(strings.TrimRight(l.String(), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// Wait waits until the text after mark matches re, and returns the match. It
// gives up after ask.Patience, or when ended is closed and there is no match.
func (l *Log) Wait(mark int, re *regexp.Regexp, ended <-chan struct{}) (string, error) {
	timer := time.NewTimer(ask.Patience)
	defer timer.Stop()
	for {
		l.mu.Lock()
		match, grown := re.Find(l.text[mark:]), l.grown
		found := string(match)
		l.mu.Unlock()
		if match != nil {
			return found, nil
		}
		select {
		case <-grown:
		case <-ended:
			if !re.MatchString(l.Since(mark)) {
				return "", fmt.Errorf("the program ended without printing %q", re)
			}
		case <-timer.C:
			return "", fmt.Errorf("nothing matched %q within %s", re, ask.Patience)
		}
	}
}

// Dump shows the end of the log if the test has failed.
func (l *Log) Dump(t testing.TB, name string) {
	if t.Failed() {
		t.Logf("%s printed at the end:\n%s", name, l.Tail(60))
	}
}
