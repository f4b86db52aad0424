package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/trace"
	"strings"
	"testing"
	"time"
)

func TestStops(t *testing.T) {
	const text = `M=1 P=0 G=1 StateTransition Time=100 ProcID=1 Idle->Running Reason=""
M=1 P=0 G=1 RangeBegin Time=1000 Name="stop-the-world (GC sweep termination)" Scope=Goroutine(1)
Stack=
	runtime.GC @ 0x425d7a
M=2 P=1 G=9 StateTransition Time=1100 ProcID=1 Running->Idle Reason=""
M=2 P=1 G=9 StateTransition Time=1150 GoID=4 Waiting->Runnable Reason=""
M=3 P=1 G=-1 StateTransition Time=1200 ProcID=1 Idle->Running Reason=""
M=1 P=0 G=1 RangeEnd Time=1700 Name="stop-the-world (GC sweep termination)" Scope=Goroutine(1) Attributes=[]
M=1 P=0 G=1 RangeBegin Time=2000 Name="stop-the-world (start trace)" Scope=Goroutine(1)
M=1 P=0 G=1 RangeEnd Time=2500 Name="stop-the-world (start trace)" Scope=Goroutine(1) Attributes=[]
M=2 P=1 G=9 StateTransition Time=2600 ProcID=1 Running->Idle Reason=""
M=1 P=0 G=7 RangeBegin Time=3000 Name="stop-the-world (GC mark termination)" Scope=Goroutine(7)
M=1 P=0 G=7 RangeEnd Time=3400 Name="stop-the-world (GC mark termination)" Scope=Goroutine(7) Attributes=[]
`
	list, err := readStops(strings.NewReader(text))
	if err != nil || len(list) != 2 {
		t.Fatalf("stops %v, %v", list, err)
	}
	if list[0] != (stop{held: 200, counted: 700}) || list[1] != (stop{held: 400, counted: 400}) {
		t.Errorf("stops %v", list)
	}
}

// The text is no format that anybody promised: this toolchain must write what is read here.
func TestStopsOfATrace(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "trace"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := trace.Start(f); err != nil {
		t.Fatal(err)
	}
	const collections = 3
	for range collections {
		runtime.GC()
	}
	trace.Stop()
	text, err := exec.Command("go", "tool", "trace", "-d=parsed", f.Name()).Output()
	if err != nil {
		t.Fatal(err)
	}
	list, err := readStops(strings.NewReader(string(text)))
	if err != nil || len(list) < 2*collections {
		t.Fatalf("%d stops in %d collections, %v", len(list), collections, err)
	}
	for _, s := range list {
		if s.held <= 0 || s.held > s.counted || s.counted > time.Minute {
			t.Errorf("stop %+v", s)
		}
	}
}
