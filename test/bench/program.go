package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// binaries finds or builds what is measured, and takes a copy of it, for two reasons: nobody replaces it
// meanwhile, and of a file that the linker has just written the kernel maps half as much again, which
// would count as memory of the process.
func (b *bench) binaries() {
	dir := b.files
	ours := b.options.ours
	if ours == "" {
		ours = filepath.Join(dir, "built")
		b.build(ours)
	}
	b.ours = filepath.Join(dir, "coredns")
	b.copyProgram(ours, b.ours)
	b.stock = b.ours
	if b.options.stock != "" {
		b.stock = filepath.Join(dir, "stock")
		b.copyProgram(b.options.stock, b.stock)
	}
}

func (b *bench) copyProgram(from, to string) {
	in, err := os.Open(from)
	if err != nil {
		b.stand.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		b.stand.Fatal(err)
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		b.stand.Fatal(err)
	}
	// Whoever runs a new program first waits for the disk.
	if text, err := exec.Command(to, "-version").CombinedOutput(); err != nil {
		b.stand.Fatalf("%s -version: %v\n%s", from, err, text)
	}
}

func (b *bench) build(path string) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	root := filepath.Dir(strings.TrimSpace(string(out)))
	if err != nil || root == "/dev" {
		b.stand.Fatal("run this within the module, or give -ours")
	}
	b.say("building ./coredns-build")
	cmd := exec.Command("go", "build", "-o", path, "./coredns-build")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		b.stand.Fatalf("go build ./coredns-build: %v\n%s", err, out)
	}
}
