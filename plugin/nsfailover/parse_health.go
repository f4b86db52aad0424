package nsfailover

import (
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"github.com/understudy-dns/understudy/plugin/internal/health"
	"github.com/understudy-dns/understudy/plugin/internal/statedir"
)

// addHealth adds what may be said of how targets are probed and judged.
func (p *parser) addHealth(list map[string]func([]string) error, h *health.Params, canaries *[]netip.AddrPort) {
	maps.Copy(list, map[string]func([]string) error{
		"interval":  func(args []string) error { return p.interval(h, args) },
		"timeout":   p.oneDuration(&h.Timeout),
		"fall":      func(args []string) error { return p.fall(h, args) },
		"hold_down": p.oneDuration(&h.HoldDown),
		"flap":      func(args []string) error { return p.flap(h, args) },
		"canary":    func(args []string) error { return p.endpoints(canaries, args) },
	})
}

// interval parses: interval DURATION [fast DURATION] [down DURATION].
func (p *parser) interval(h *health.Params, args []string) (err error) {
	if len(args) == 0 {
		return p.ArgErr()
	}
	if h.Interval, err = p.duration(args[0]); err != nil {
		return err
	}
	return p.options(args[1:], map[string]func(string) error{
		"fast": func(arg string) (err error) { h.Fast, err = p.duration(arg); return err },
		"down": func(arg string) (err error) { h.Down, err = p.duration(arg); return err },
	})
}

// fall parses: fall N [rise N] [clear N].
func (p *parser) fall(h *health.Params, args []string) (err error) {
	if len(args) == 0 {
		return p.ArgErr()
	}
	if h.Fall, err = p.count(args[0]); err != nil {
		return err
	}
	return p.options(args[1:], map[string]func(string) error{
		"rise":  func(arg string) (err error) { h.Rise, err = p.count(arg); return err },
		"clear": func(arg string) (err error) { h.Clear, err = p.count(arg); return err },
	})
}

// flap parses: flap N DURATION [penalty DURATION] [cap DURATION].
func (p *parser) flap(h *health.Params, args []string) (err error) {
	if len(args) < 2 {
		return p.Errf("flap is given as 'flap N DURATION [penalty DURATION] [cap DURATION]'")
	}
	if h.Flap, err = p.count(args[0]); err != nil {
		return err
	}
	if h.FlapWindow, err = p.duration(args[1]); err != nil {
		return err
	}
	return p.options(args[2:], map[string]func(string) error{
		"penalty": func(arg string) (err error) { h.Penalty, err = p.duration(arg); return err },
		"cap":     func(arg string) (err error) { h.Cap, err = p.duration(arg); return err },
	})
}

func absolute(dir, root string) (string, error) {
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(root, dir)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return dir, statedir.Writable(dir)
}

// words are the keys of a map, for an error.
func words[V any](of map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(of)), ", ")
}
