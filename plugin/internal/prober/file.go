package prober

import (
	"context"
	"errors"
	"io/fs"
	"os"
)

// File is a check whether there is a regular file. It is how a program on this host says that all is well.
func File(path string) Check { return file(path) }

type file string

func (f file) Key() Key { return Key{Kind: KindFile, What: string(f)} }

func (f file) Run(context.Context) Result {
	info, err := os.Stat(string(f))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return failure(Absent, err)
	case err != nil:
		return failure(Local, err)
	case !info.Mode().IsRegular():
		return failure(Mismatch, errors.New(string(f)+" is no regular file"))
	}
	return Result{Outcome: OK}
}
