package understudy

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// Usage is what the process takes from the machine, as the kernel counts it.
type Usage struct {
	Resident     int64 // bytes of memory now
	PeakResident int64 // the most there ever were
	Descriptors  int   // open files and sockets
	Threads      int
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
	return Usage{
		Resident:     field("VmRSS") << 10,
		PeakResident: field("VmHWM") << 10,
		Descriptors:  len(fds),
		Threads:      int(field("Threads")),
	}
}
