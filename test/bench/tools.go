package main

import (
	"os/exec"

	"github.com/understudy-dns/understudy/test/peer"
)

// requireTools ends the run when something is missing, and names the Debian package.
func requireTools(b *bench) {
	peer.Require(b.stand, peer.Knot)
	if _, err := exec.LookPath("dnsperf"); err != nil {
		b.stand.Fatal("dnsperf is missing: apt-get install dnsperf")
	}
}

// isInstalled says whether a peer can be started.
func isInstalled(kind peer.Kind) (yes bool) {
	defer func() { yes = recover() == nil }()
	peer.Require(newStand(), kind)
	return
}
