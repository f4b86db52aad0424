// Package process runs a program for a test and makes sure that it ends.
//
// The program gets a process group of its own, which is ended as a whole; the
// kernel kills the program if the test dies without cleaning up. Its output is
// collected in a Log.
package process

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Grace is how long a program may take to end after SIGTERM.
const Grace = 10 * time.Second

// Process is a program that was started.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // how it ended; valid once done is closed
}

// Start runs a program in dir; env is added to the test's environment.
func Start(log *Log, dir string, env []string, name string, args ...string) (*Process, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := launch(cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &Process{cmd: cmd, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// launches carries commands to the one thread that starts all programs. The
// kernel sends Pdeathsig when the *thread* that forked ends, so that thread
// must live as long as the test does.
var launches = sync.OnceValue(func() chan<- launchRequest {
	c := make(chan launchRequest)
	go func() {
		runtime.LockOSThread()
		adoptOrphans()
		for r := range c {
			r.result <- r.cmd.Start()
		}
	}()
	return c
})

type launchRequest struct {
	cmd    *exec.Cmd
	result chan error
}

func launch(cmd *exec.Cmd) error {
	r := launchRequest{cmd, make(chan error, 1)}
	launches() <- r
	return <-r.result
}

// Pid is the process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is how the program ended; nil while it runs, or after exit code 0.
func (p *Process) Err() error {
	if p.Running() {
		return nil
	}
	return p.err
}

// Running says whether the program has not ended yet.
func (p *Process) Running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Signal sends a signal to the program alone.
func (p *Process) Signal(s syscall.Signal) error { return p.cmd.Process.Signal(s) }

// Stop asks the program to end, kills it after Grace, and waits. It reports
// whether the program ended by itself.
func (p *Process) Stop() bool {
	if p.Running() {
		p.Signal(syscall.SIGTERM)
	}
	select {
	case <-p.done:
	case <-time.After(Grace):
		p.Kill()
		return false
	}
	p.killGroup() // children that outlived the program
	p.reap()
	return true
}

// Kill ends the program and its children with SIGKILL, and waits.
func (p *Process) Kill() {
	p.killGroup()
	<-p.done
	p.reap()
}

// killGroup is safe after the end of the program: a group id is not reused
// while a member lives, and without members there is nobody to be signalled.
func (p *Process) killGroup() { syscall.Kill(-p.Pid(), syscall.SIGKILL) }

// adoptOrphans makes this process the parent of its grandchildren whose parent
// has ended, so that reap can collect them: process 1 of a container often
// does not.
func adoptOrphans() {
	const setChildSubreaper = 36
	syscall.RawSyscall(syscall.SYS_PRCTL, setChildSubreaper, 1, 0)
}

// reap collects what is left of the group once the program itself has been
// waited for. All of its members have been sent SIGKILL.
func (p *Process) reap() {
	for {
		_, err := syscall.Wait4(-p.Pid(), nil, 0, nil)
		if err != nil && err != syscall.EINTR {
			return
		}
	}
}
