package serialguard

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

// leave puts a text, or something else, where an approval would be.
func (r *drill) leave(text string) (path string) {
	r.Helper()
	path = filepath.Join(r.dir, "example.org.accept")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		r.Fatal(err)
	}
	return path
}

// held is a drill in which serial 2 is held.
func (r *drill) held() *refresh.Held {
	r.Helper()
	r.publish(1, hosts(30)...)
	r.offer(1, 2)
	r.round()
	return r.holds(2)
}

func sitting() bool {
	process.mu.Lock()
	defer process.mu.Unlock()
	return process.sitting
}

func TestAnApprovalInAFile(t *testing.T) {
	play(t, "is taken, and taken away", 1, "mode enforce", func(r *drill) {
		h := r.held()
		path := r.leave("2 " + h.Ruling.Digest + "\n")
		r.after(deskEach)
		r.serves(2)
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			r.Errorf("the file is there: %v", err)
		}
		if sitting() {
			r.after(deskEach)
		}
		if sitting() {
			r.Error("the desk is kept for nothing")
		}
	})
	play(t, "may be a link to one", 1, "mode enforce", func(r *drill) {
		h := r.held()
		there := filepath.Join(r.TempDir(), "approval")
		if err := os.WriteFile(there, []byte("2\t"+strings.ToUpper(h.Ruling.Digest)), 0o600); err != nil {
			r.Fatal(err)
		}
		if err := os.Symlink(there, filepath.Join(r.dir, "example.org.accept")); err != nil {
			r.Fatal(err)
		}
		r.after(deskEach)
		r.serves(2)
		if _, err := os.Stat(there); err != nil {
			r.Errorf("what it leads to is gone: %v", err)
		}
	})
	play(t, "that was there before is for what is held then", 1, "mode enforce", func(r *drill) {
		h := r.held()
		r.offer(1, 1, hosts(30)...)
		r.round()
		r.holdsNothing()
		r.leave("2 " + h.Ruling.Digest)
		r.after(3 * deskEach)
		r.offer(1, 2)
		r.round()
		r.after(deskEach)
		r.serves(2)
	})
	play(t, "that is none does nothing", 1, "mode enforce", func(r *drill) {
		h := r.held()
		for text, want := range map[string]string{
			"":                              "a serial and a digest are needed",
			"2":                             "a serial and a digest are needed",
			h.Ruling.Digest:                 "a serial and a digest are needed",
			"2 " + h.Ruling.Digest + " x":   "a serial and a digest are needed",
			"x " + h.Ruling.Digest:          "not a serial",
			"-2 " + h.Ruling.Digest:         "not a serial",
			"4294967298 " + h.Ruling.Digest: "not a serial",
			"2 " + h.Ruling.Digest[1:]:      "not a digest",
			"2 " + some:                     "what is held is serial 2 with",
			"3 " + h.Ruling.Digest:          "what is held is serial 2 with",
			"2 " + h.Ruling.Digest + strings.Repeat("\n", longestAccept): "a serial and a digest are needed",
		} {
			path := r.leave(text)
			got, err := r.g.acceptFile(r.z)
			if got != "" || err == nil || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), want) {
				r.Errorf("%q: %q, %v", text, got, err)
			}
		}
		r.after(3 * deskEach)
		r.serves(1)
	})
	play(t, "is neither a directory nor a device, and is not read by chance", 1, "mode enforce", func(r *drill) {
		r.held()
		path := filepath.Join(r.dir, "example.org.accept")
		for name, make := range map[string]func() error{
			"nothing":             func() error { return nil },
			"a link to nothing":   func() error { return os.Symlink(filepath.Join(r.dir, "none"), path) },
			"a directory":         func() error { return os.Mkdir(path, 0o700) },
			"a device":            func() error { return os.Symlink(os.DevNull, path) },
			"a link to itself":    func() error { return os.Symlink(path, path) },
			"a file in a file":    func() error { return os.Symlink("/etc/passwd/x", path) },
			"a file without read": func() error { return os.WriteFile(path, []byte("2 "+some), 0) },
		} {
			if err := make(); err != nil {
				r.Fatal(err)
			}
			silent := name == "nothing" || name == "a link to nothing"
			if got, err := r.g.acceptFile(r.z); got != "" || (err == nil) != silent {
				r.Errorf("%s: %q, %v", name, got, err)
			}
			if err := os.RemoveAll(path); err != nil {
				r.Fatal(err)
			}
		}
	})
}

// The zones of a name in two views have a file in common, and may hold the same.
func TestAnApprovalInAFileIsForAllZonesOfTheName(t *testing.T) {
	play(t, "in two views, and their other files are apart", 1, "mode enforce", func(r *drill) {
		other := r.gate("k", r.text)
		other.view, other.server = "inside", "k/inside"
		process.attach(other)
		z := r.zone(other)
		r.offer(1, 1, hosts(30)...)
		r.s.Add(z)
		r.after(0)
		h := r.held()
		r.s.Request(z)
		r.after(0)
		if twin := z.Held(); twin == nil || twin.Ruling.Digest != h.Ruling.Digest {
			r.Fatalf("held is %+v", twin)
		}
		r.leave("2 " + h.Ruling.Digest)
		r.after(deskEach)
		r.serves(2)
		if got := z.Current().Serial(); got != 2 {
			r.Errorf("the other view serves serial %s", got)
		}
		process.settle()
		if r.g.stem(r.z) == other.stem(z) {
			r.Error("both have the same files")
		}
		process.detach(other)
		r.s.Remove(z)
		z.End()
	})
}

// FuzzApproval: whatever is in the file, it is an approval with a whole digest, or an error.
func FuzzApproval(f *testing.F) {
	f.Add("2 " + some)
	f.Add("4294967295\t" + strings.ToUpper(more) + "\r\n")
	f.Add("2")
	f.Add("\x00 sha384:")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := approvalIn(text)
		if err != nil {
			if a != (approval{}) {
				t.Errorf("%q: %+v, %v", text, a, err)
			}
			return
		}
		words := strings.Fields(text)
		if len(words) != 2 || len(a.digest) != len(digestPrefix)+digestDigits || !strings.EqualFold(words[1], a.digest) {
			t.Errorf("%q: %+v", text, a)
		}
	})
}
