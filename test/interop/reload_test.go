package interop_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/understudy"
)

func TestAReloadBySignalLeavesNoGap(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, kind peer.Kind) {
		w := plan{kind: kind, zone: peer.Zone{Text: varied(1)}}.start(t)
		before := w.now(t)
		const reloads = 5
		a := ask.Always(t, w.ours.Addr(), "www."+zone, dns.TypeA)
		for range reloads {
			w.ours.Reload(t, "")
		}
		a.WantAllAnswered(t, reloads)
		if now := w.now(t); now.axfr != before.axfr || now.ixfr != before.ixfr {
			t.Errorf("a reload made us transfer: before %+v, now %+v", before, now)
		}
		before = w.now(t)
		w.change(t, varied(2))
		w.wantOnlyIXFR(t, before)
		w.wantEqual(t)
	})
}

func TestARefusedReloadChangesNothing(t *testing.T) {
	t.Parallel()
	w := plan{kind: peer.Knot, zone: peer.Zone{Text: varied(1)}}.start(t)
	for name, corefile := range map[string]string{
		"a stanza without a primary":  blockOf(zone, []string{stanzaOf("", nil)}),
		"an address that is not ours": blockOf(zone, []string{"bind 192.0.2.254", stanzaOf("", []string{"transfer from 127.0.0.9"})}),
	} {
		if err := w.ours.TryReload(t, corefile); err == nil {
			t.Errorf("%s: the reload succeeded", name)
		}
		if !answers(t, w.ours, "www."+zone) {
			t.Errorf("%s: the zone is not answered from", name)
		}
	}
	w.change(t, varied(2))
	w.wantEqual(t)
}

// TestTheReloadPluginLeavesNoGap changes the Corefile on disk, and nothing else.
func TestTheReloadPluginLeavesNoGap(t *testing.T) {
	t.Parallel()
	w := plan{kind: peer.Knot, zone: peer.Zone{Text: varied(1)}, block: []string{"reload 2s 1s"}}.start(t)
	before := w.now(t)
	file := filepath.Join(filepath.Dir(w.ours.Dir()), "Corefile")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	a := ask.Always(t, w.ours.Addr(), "www."+zone, dns.TypeA)
	added := strings.Replace(string(text), zone+":", fmt.Sprintf("added.example:%s %s:", portOf(w.ours), zone), 1)
	if err := os.WriteFile(file, []byte(added), 0o600); err != nil {
		t.Fatal(err)
	}
	w.ours.WaitLogFrom(t, before.ownLogged, `Reloading complete`)
	ask.WaitRcode(t, w.ours.Addr(), "added.example.", dns.RcodeServerFailure) // its primary does not know it
	a.WantAllAnswered(t, 1)
	if now := w.now(t); now.axfr != before.axfr || now.ixfr != before.ixfr {
		t.Errorf("the reload made us transfer: before %+v, now %+v", before, now)
	}
	w.change(t, varied(2))
	w.wantEqual(t)
}

func portOf(s *understudy.Server) string {
	return s.Addr()[strings.LastIndex(s.Addr(), ":")+1:]
}
