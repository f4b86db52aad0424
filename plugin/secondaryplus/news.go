package secondaryplus

import (
	"fmt"
	"strings"

	"github.com/understudy-dns/understudy/plugin/internal/catalog"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// news is what a look at a catalog zone brought.
type news struct {
	name    string
	serial  serial.Serial
	broken  error
	mended  bool // it was broken before
	members catalog.Members
	change  catalog.Change
	release string // how the operator consents to what is held; empty: not at all
}

// tell logs it, in one line however many members it concerns.
func (n news) tell() {
	if n.broken != nil {
		log.Errorf("%s: serial %s: %v; nothing changes for %s", n.name, n.serial, n.broken, members(n.members.Len()))
		return
	}
	if n.mended {
		log.Infof("%s: serial %s is a good catalog again", n.name, n.serial)
	}
	if list := n.list(); list != "" {
		log.Infof("%s: catalog with serial %s: %s; %s now", n.name, n.serial, list, members(n.members.Len()))
	}
	if n.change.Held > 0 {
		consent := ""
		if n.release != "" {
			consent = "; to consent: " + n.release
		}
		log.Errorf("%s: HELD: catalog with serial %s loses %s at once; they stay until it lists them again or the loss has lasted for %s%s",
			n.name, n.serial, members(n.change.Held), catalog.Patience, consent)
	}
}

func (n news) list() string {
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{
		{n.change.Added, "added"},
		{n.change.Removed, "removed"},
		{n.change.Reset, "reset"},
		{n.change.Altered, "with other properties"},
		{n.change.Back, "listed again"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	return strings.Join(parts, ", ")
}
