//go:build unix

package statedir

import "syscall"

// Of access(2): the directory may be written and searched. Root passes every permission, and fails on a file
// system that is mounted read-only.
const writeAndSearch = 2 | 1

func mayWrite(dir string) error { return syscall.Access(dir, writeAndSearch) }
