package peer

import (
	"fmt"
	"strings"
)

// text builds a configuration file line by line.
type text struct{ b strings.Builder }

// line adds one formatted line.
func (x *text) line(format string, args ...any) { fmt.Fprintf(&x.b, format+"\n", args...) }

// indented adds the caller's own lines, each behind a prefix.
func (x *text) indented(prefix, lines string) {
	for _, l := range strings.Split(strings.TrimSpace(lines), "\n") {
		if l != "" {
			x.line("%s%s", prefix, l)
		}
	}
}

func (x *text) String() string { return x.b.String() }
