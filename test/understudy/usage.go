package understudy

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Usage is what the process takes from the machine, as the kernel counts it.
type Usage struct {
	Resident     int64 // bytes of memory now
	PeakResident int64 // the most there ever were
	Descriptors  int   // open files and sockets
	Threads      int
	CPU          time.Duration // that all of its threads took
}

// Usage looks at the process now.
func (s *Server) Usage(t testing.TB) Usage {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Pid()))
	if err != nil {
		t.Fatal(err)
	}
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.Pid()))
	if err != nil {
		t.Fatal(err)
	}
	field := func(name string) int64 {
		m := regexp.MustCompile(`(?m)^` + name + `:\s+(\d+)`).FindSubmatch(status)
		if m == nil {
			return 0
		}
		n, _ := strconv.ParseInt(string(m[1]), 10, 64) // digits only
		return n
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.Pid()))
	if err != nil {
		t.Fatal(err)
	}
	return Usage{
		CPU:          cpuIn(string(stat)),
		Resident:     field("VmRSS") << 10,
		PeakResident: field("VmHWM") << 10,
		Descriptors:  len(fds),
		Threads:      int(field("Threads")),
	}
}

// tick is the unit of /proc/PID/stat (USER_HZ).
const tick = 10 * time.Millisecond

// cpuIn is what /proc/PID/stat says of time in user and in kernel mode: the fields 14 and 15, of which the name of the
// program, which may have blanks, is the second.
func cpuIn(stat string) time.Duration {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	user, _ := strconv.ParseInt(fields[11], 10, 64) // digits only
	kernel, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+kernel) * tick
}

// Goroutines is how many there are, by the pprof plugin at {{port:NAME}}.
func (s *Server) Goroutines(t testing.TB, portName string) int {
	t.Helper()
	return int(s.profile(t, portName, "goroutine?debug=1", `^goroutine profile: total (\d+)`))
}

// Heap is how many bytes are reachable after a garbage collection, by the pprof plugin at {{port:NAME}}.
func (s *Server) Heap(t testing.TB, portName string) int64 {
	t.Helper()
	return s.profile(t, portName, "heap?gc=1&debug=1", `(?m)^# HeapAlloc = (\d+)`)
}

// profile reads one number of a profile.
func (s *Server) profile(t testing.TB, portName, query, re string) int64 {
	t.Helper()
	text, err := read("http://" + s.AddrOf(portName) + "/debug/pprof/" + query)
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(re).FindSubmatch(text)
	if m == nil {
		t.Fatalf("no %q in %s", re, query)
	}
	n, _ := strconv.ParseInt(string(m[1]), 10, 64) // digits only
	return n
}
