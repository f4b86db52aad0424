package secondaryplus

import (
	"context"
	"fmt"
	"net/url"
	"os"

	"github.com/understudy-dns/understudy/plugin/internal/status"
)

// endpoint is the status listener of the process; engine.mu guards it. It outlives reloads. Another address is
// listened on when the new instance starts, so that one in use is an error of the start, and answered when the
// new configuration is committed; only then the old listener ends.
type endpoint struct {
	source  status.Source
	at      statusAt
	server  *status.Server   // that answers; nil: none
	opened  *status.Server   // that will, once what is staged is committed; nil: none
	retired []*status.Server // that are to be closed, by whoever unlocks the engine
	trouble repeats          // with the token file
}

// open makes sure that there is a listener at an address.
func (n *endpoint) open(at statusAt) error {
	if !at.addr.IsValid() || n.server != nil && n.server.Addr() == at.addr || n.opened != nil && n.opened.Addr() == at.addr {
		return nil
	}
	server, err := status.Listen(context.Background(), at.addr, n.source)
	if err != nil {
		return err
	}
	n.drop()
	n.opened = server
	return nil
}

// drop gives up the listener that was opened for a configuration that will not come.
func (n *endpoint) drop() { n.retire(&n.opened) }

func (n *endpoint) retire(s **status.Server) {
	if *s != nil {
		n.retired = append(n.retired, *s)
		*s = nil
	}
}

// commit makes a configuration count for which open was called.
func (n *endpoint) commit(at statusAt) {
	if n.at == at && n.opened == nil {
		return
	}
	if n.opened != nil && n.opened.Addr() == at.addr {
		n.retire(&n.server)
		n.server, n.opened = n.opened, nil
		log.Infof("The status is at http://%s/v1/", at.addr)
	}
	n.drop()
	n.at = at
	if !at.addr.IsValid() {
		n.retire(&n.server)
		return
	}
	warnOfReaders(at.tokenFile)
	n.server.Serve(status.Access{TokenFile: at.tokenFile, Unreadable: n.unreadable})
}

// end is for when there are no zones any more.
func (n *endpoint) end() {
	n.drop()
	n.retire(&n.server)
	n.at = statusAt{}
}

// take hands over what is to be closed. That takes a moment, in which requests may need the engine.
func (n *endpoint) take() []*status.Server {
	retired := n.retired
	n.retired = nil
	return retired
}

func (n *endpoint) unreadable(err error) {
	write(&n.trouble, log.Warningf, "Nobody is let in to the status: %v", err)
}

// wayTo says how a zone is ordered to be treated; empty: there is no listener.
func (n *endpoint) wayTo(action, zone string) string {
	for _, s := range []*status.Server{n.server, n.opened} {
		if s != nil {
			return fmt.Sprintf("POST /v1/zones/%s/%s at %s", url.PathEscape(zone), action, s.Addr())
		}
	}
	return ""
}

// warnOfReaders says when the token is no secret. It is no reason not to start.
func warnOfReaders(file string) {
	if file == "" {
		return
	}
	if info, err := os.Stat(file); err == nil && info.Mode().Perm()&0o004 != 0 {
		log.Warningf("The token in %s can be read by everybody (mode %04o)", file, info.Mode().Perm())
	}
}
