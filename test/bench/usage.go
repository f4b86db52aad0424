package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// cpu is the processor time, user and system, that the server has used so far.
func (s *server) cpu() time.Duration {
	if !s.group {
		return processCPU(s.pid)
	}
	var sum time.Duration
	for _, pid := range groupOf(s.pid) {
		sum += processCPU(pid) + childrenCPU(pid)
	}
	return sum
}

// processCPU reads the process's own clock, which counts nanoseconds: /proc/PID/stat counts ticks of 10 ms,
// and a change of one record takes less than one of them. The clock's number is what clock_getcpuclockid(3)
// makes of a process id.
func processCPU(pid int) time.Duration {
	const cpuClockSched = 2
	clock := ^pid<<3 | cpuClockSched
	var t syscall.Timespec
	_, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, uintptr(clock), uintptr(unsafe.Pointer(&t)), 0)
	if errno != 0 {
		return 0 // it has ended
	}
	return time.Duration(t.Nano())
}

// statFields are those of /proc/PID/stat behind the name of the program, which may contain anything.
func statFields(pid int) []string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
}

// childrenCPU is what children that have ended and been waited for have used.
func childrenCPU(pid int) time.Duration {
	f := statFields(pid)
	if len(f) < 15 {
		return 0
	}
	user, _ := strconv.Atoi(f[13])   // cutime, in ticks of 1/100 s
	system, _ := strconv.Atoi(f[14]) // cstime
	return time.Duration(user+system) * 10 * time.Millisecond
}

// groupOf are the processes of a process group.
func groupOf(leader int) (pids []int) {
	list, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range list {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		if f := statFields(pid); len(f) > 2 && f[2] == strconv.Itoa(leader) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// resident is the memory of the server in octets. Of several processes it is the sum of their shares of it,
// since what one has forked from another is there once.
func (s *server) resident() int64 {
	if !s.group {
		return procField(s.pid, "status", "VmRSS")
	}
	var sum int64
	for _, pid := range groupOf(s.pid) {
		sum += procField(pid, "smaps_rollup", "Pss")
	}
	return sum
}

// anonymous is the part of resident that is not a mapped file: of the 112 MB of our program, the kernel
// keeps as much mapped as it likes.
func (s *server) anonymous() int64 {
	if !s.group {
		return procField(s.pid, "status", "RssAnon")
	}
	var sum int64
	for _, pid := range groupOf(s.pid) {
		sum += procField(pid, "smaps_rollup", "Pss_Anon")
	}
	return sum
}

// peak is the most memory that the server ever had; of several processes, the sum of their peaks.
func (s *server) peak() int64 {
	if !s.group {
		return procField(s.pid, "status", "VmHWM")
	}
	var sum int64
	for _, pid := range groupOf(s.pid) {
		sum += procField(pid, "status", "VmHWM")
	}
	return sum
}

// procField is a line of /proc/PID/file, which counts kB.
func procField(pid int, file, name string) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "\n"+name+":")
	value, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, _ := strconv.ParseInt(value, 10, 64) // 0 when there is no such line
	return n << 10
}

// quiet waits until the server has next to nothing to do any more.
func (s *server) quiet(b *bench) {
	const look, enough = 100 * time.Millisecond, 500 * time.Microsecond
	b.until("the rest of "+s.name, s, 0, s.idle(look, enough))
}

// calm waits until the server has had next to nothing to do for a second: what very many zones still have to do
// after a start comes in small portions.
func (s *server) calm(b *bench) {
	const look, enough = 2 * time.Second, 30 * time.Millisecond
	b.until("calm of "+s.name, s, 0, s.idle(look, enough))
}

// idle looks at the server for a while, and says whether it took no more CPU.
func (s *server) idle(look, enough time.Duration) func() bool {
	return func() bool {
		was := s.cpu()
		time.Sleep(look)
		return s.cpu()-was < enough
	}
}

// settled waits until the server's memory does not change any more and returns it. The garbage collector is
// asked to run twice, the second time for what the first has finalised; left alone, the Go runtime would
// run it after two minutes.
func (s *server) settled(b *bench) int64 {
	s.quiet(b)
	for range 2 {
		if s.garbage == nil {
			break
		}
		if err := s.garbage(); err != nil {
			b.stand.Fatalf("garbage collection of %s: %v", s.name, err)
		}
	}
	const look, looks, enough = 250 * time.Millisecond, 8, 256 << 10
	low, unchanged := s.resident(), 0
	for end := time.Now().Add(b.options.patience); unchanged < looks && time.Now().Before(end); {
		time.Sleep(look)
		now := s.resident()
		if unchanged++; now < low-enough || now > low+enough || unchanged == looks && !b.scavenged(s) {
			low, unchanged = now, 0
		}
	}
	return low
}
