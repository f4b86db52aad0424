package serialguard_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// twins are two server blocks with one key, bound to two addresses, that have the zone from two primaries.
func twins(a, b *primary.Primary) string {
	text := ""
	for i, p := range []*primary.Primary{a, b} {
		text += strings.Join([]string{
			".:{{port}} {", fmt.Sprintf("bind 127.0.0.%d", i+1), "errors", "serialguard " + zone + " {", "mode enforce", "}",
			"secondaryplus " + zone + " {", "transfer from " + p.Addr(), "retry 1s 1s", "persist {{dir}}", "status 127.0.0.1:{{port:status}}", "}", "}", "",
		}, "\n")
	}
	return text
}

// What is held of each, and was served before, is in files of its own.
func TestBlocksWithOneKeyHaveTheirOwnFiles(t *testing.T) {
	t.Parallel()
	var list []*primary.Primary
	for range 2 {
		p := primary.Start(t, primary.Config{Zone: zone})
		p.Publish(t, calm(1, 50))
		list = append(list, p)
	}
	s := understudy.Start(t, understudy.Config{Corefile: twins(list[0], list[1])})
	addrs := []string{s.Addr(), strings.Replace(s.Addr(), "127.0.0.1", "127.0.0.2", 1)}
	for i, addr := range addrs {
		ask.WaitSerial(t, addr, zone, 1)
		list[i].Publish(t, calm(2, i))
		list[i].NotifyTo(t, addr, nil)
	}
	kept := func(pattern string, want int) {
		t.Helper()
		ask.Until(t, fmt.Sprintf("%d files %s", want, pattern), func() error {
			found, err := filepath.Glob(filepath.Join(s.Dir(), "guard", pattern))
			if err == nil && len(found) != want {
				err = fmt.Errorf("%v", found)
			}
			return err
		})
	}
	kept("*.held", 2)
	for i := range addrs {
		list[i].Publish(t, calm(3, 50+i))
		list[i].NotifyTo(t, addrs[i], nil)
		ask.WaitSerial(t, addrs[i], zone, 3)
	}
	kept("*.held", 0)
	kept("*.1.was", 2)
	if found, err := filepath.Glob(filepath.Join(s.Dir(), "guard", ".aside-*")); err != nil || len(found) > 0 {
		t.Error(found, err)
	}
	if info, err := os.Stat(filepath.Join(s.Dir(), "guard")); err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("the state directory is open to everybody: %v, %v", info, err)
	}
}
