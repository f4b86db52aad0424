package secondaryplus

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// asNobody runs a function with the real user ID of nobody, by which access(2) judges. Of root, that is this
// thread's own; who is not root is nobody special anyhow.
func asNobody(t *testing.T, run func()) {
	t.Helper()
	if os.Getuid() != 0 {
		run()
		return
	}
	const nobody, same = 65534, ^uintptr(0)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, nobody, same, same); errno != 0 {
		t.Skipf("the real user ID cannot be changed: %v", errno)
	}
	defer func() {
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, 0, same, same); errno != 0 {
			t.Fatal(errno)
		}
	}()
	run()
}

func TestStateIsNotKeptWhereNothingMayBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	// Whoever runs this may pass, but not write.
	for at := filepath.Dir(dir); at != os.TempDir() && len(at) > 1; at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "below", "it")} {
		var err error
		asNobody(t, func() { _, err = persistIn(t, "persist "+path) })
		want := "Testfile:3 - Error during parsing: persist: " + dir + " is not writable: permission denied"
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
}
