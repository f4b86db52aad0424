package process

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
)

// family starts a shell with a child, and returns the child's process id.
func family(t *testing.T) (*Process, int) {
	t.Helper()
	log, err := NewLog(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Start(log, t.TempDir(), []string{"GREETING=child"}, "sh", "-c", "sleep 1000 & echo $GREETING $!; wait")
	if err != nil {
		t.Fatal(err)
	}
	line, err := log.Wait(0, regexp.MustCompile(`child \d+\n`), p.Done())
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.Fields(line)[1])
	if err != nil {
		t.Fatal(err)
	}
	return p, child
}

func TestStopAndKillEndTheChildrenToo(t *testing.T) {
	for name, end := range map[string]func(*Process){
		"stop": func(p *Process) { p.Stop() },
		"kill": (*Process).Kill,
	} {
		p, child := family(t)
		end(p)
		if p.Running() || p.Err() == nil {
			t.Errorf("%s: running %t, %v", name, p.Running(), p.Err())
		}
		if err := syscall.Kill(child, 0); err != syscall.ESRCH {
			t.Errorf("%s: the child is still there: %v", name, err)
		}
	}
}

func TestWaitEndsWithTheProgram(t *testing.T) {
	log, err := NewLog(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Start(log, t.TempDir(), nil, "sh", "-c", "echo last words; exit 3")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.Wait(0, regexp.MustCompile("never printed"), p.Done()); err == nil {
		t.Error("no error")
	}
	if got, err := log.Wait(0, regexp.MustCompile("last .*"), p.Done()); got != "last words" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// TestProgramsDieWithTheTest runs this test in a second process, which starts
// a program and is killed.
func TestProgramsDieWithTheTest(t *testing.T) {
	if os.Getenv("PROCESS_TEST_VICTIM") != "" {
		p, _ := family(t)
		os.Stdout.WriteString("program " + strconv.Itoa(p.Pid()) + "\n")
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	cmd := exec.Command(os.Args[0], "-test.run=TestProgramsDieWithTheTest")
	cmd.Env = append(os.Environ(), "PROCESS_TEST_VICTIM=1")
	out, _ := cmd.Output() // it was killed
	m := regexp.MustCompile(`program (\d+)`).FindSubmatch(out)
	if m == nil {
		t.Fatalf("output %q", out)
	}
	pid, _ := strconv.Atoi(string(m[1]))
	ask.Until(t, "the program is gone", func() error {
		state, err := os.ReadFile("/proc/" + string(m[1]) + "/stat")
		if err != nil || strings.Contains(string(state), ") Z ") {
			return nil
		}
		return fmt.Errorf("process %d: %s", pid, state)
	})
}
