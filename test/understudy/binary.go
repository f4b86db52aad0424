package understudy

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Binary is the path of the binary under test, built when needed.
func Binary(t testing.TB) string {
	t.Helper()
	b, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return b.path
}

// binary is the program and the lock that guards its file.
type binary struct{ path, lock string }

// build runs at most once a test process.
var build = sync.OnceValues(func() (binary, error) {
	if path := os.Getenv("UNDERSTUDY_BIN"); path != "" {
		return binary{path: path}, nil
	}
	root, err := moduleRoot()
	if err != nil {
		return binary{}, err
	}
	if err := declareSources(root); err != nil {
		return binary{}, err
	}
	dir, err := cacheDir(root)
	if err != nil {
		return binary{}, err
	}
	b := binary{path: filepath.Join(dir, "coredns"), lock: filepath.Join(dir, "lock")}
	unlock, err := b.hold(syscall.LOCK_EX)
	if err != nil {
		return binary{}, err
	}
	defer unlock()
	cmd := exec.Command("go", "build", "-race=false", "-o", b.path, "./coredns-build")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return binary{}, fmt.Errorf("go build ./coredns-build: %w\n%s", err, out)
	}
	return b, nil
})

// moduleRoot is the directory of the go.mod that governs the test.
func moduleRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	file := strings.TrimSpace(string(out))
	if file == "" || file == os.DevNull {
		return "", errors.New("not within a module")
	}
	return filepath.Dir(file), nil
}

// declareSources looks at every source file of the binary. The go tool notes
// which files a test looked at, and so runs it again when one has changed;
// else it would report a cached "ok" for an old binary, which no test imports.
func declareSources(root string) error {
	for _, dir := range []string{"plugin", "coredns-build"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			_, err = os.Stat(path)
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	_, err := os.Stat(filepath.Join(root, "go.mod"))
	return err
}

// cacheDir is one directory a checkout, so that two do not rebuild in turn.
func cacheDir(root string) (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		base = os.TempDir()
	}
	dir := filepath.Join(base, "understudy-test", fmt.Sprintf("%x", sha256.Sum256([]byte(root)))[:16])
	return dir, os.MkdirAll(dir, 0o755)
}

// hold takes the lock: exclusively to build, shared to start the program, so
// that no other test package replaces the file at that moment.
func (b binary) hold(how int) (release func(), err error) {
	if b.lock == "" {
		return func() {}, nil
	}
	f, err := os.OpenFile(b.lock, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, err
		}
	}
}
