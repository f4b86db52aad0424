package interop_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/understudy"
)

// asker asks one question again and again, until it is stopped.
type asker struct {
	stop  context.CancelFunc
	done  sync.WaitGroup
	asked int
	wrong []string
}

func askAlways(s *understudy.Server, name string, opts ...ask.Option) *asker {
	ctx, stop := context.WithCancel(context.Background())
	a := &asker{stop: stop}
	a.done.Go(func() {
		for ; ctx.Err() == nil; a.asked++ {
			m, err := ask.Query(s.Addr(), name, dns.TypeA, append([]ask.Option{ask.Timeout(5 * time.Second)}, opts...)...)
			if err != nil {
				a.wrong = append(a.wrong, err.Error())
			} else if m.Rcode != dns.RcodeSuccess || len(m.Answer) != 1 {
				a.wrong = append(a.wrong, dns.RcodeToString[m.Rcode])
			}
		}
	})
	return a
}

// wantAllAnswered stops asking. Datagrams that lie in the old socket when it is
// closed are lost with CoreDNS, whatever the plugin: lost says how many may be.
func (a *asker) wantAllAnswered(t *testing.T, lost int) {
	t.Helper()
	a.stop()
	a.done.Wait()
	timeouts := 0
	for _, w := range a.wrong {
		if strings.Contains(w, "timeout") || strings.Contains(w, "refused") && strings.Contains(w, "read") {
			timeouts++
			continue
		}
		t.Errorf("of %d queries one was answered %s", a.asked, w)
	}
	if timeouts > lost {
		t.Errorf("of %d queries %d were not answered", a.asked, timeouts)
	}
	if a.asked == 0 {
		t.Error("nothing was asked")
	}
}

func TestAReloadBySignalLeavesNoGap(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, kind peer.Kind) {
		w := plan{kind: kind, zone: peer.Zone{Text: varied(1)}}.start(t)
		before := w.now(t)
		const reloads = 5
		a := askAlways(w.ours, "www."+zone)
		for range reloads {
			w.ours.Reload(t, "")
		}
		a.wantAllAnswered(t, reloads)
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
	a := askAlways(w.ours, "www."+zone)
	added := strings.Replace(string(text), zone+":", fmt.Sprintf("added.example:%s %s:", portOf(w.ours), zone), 1)
	if err := os.WriteFile(file, []byte(added), 0o600); err != nil {
		t.Fatal(err)
	}
	w.ours.WaitLogFrom(t, before.ownLogged, `Reloading complete`)
	ask.WaitRcode(t, w.ours.Addr(), "added.example.", dns.RcodeServerFailure) // its primary does not know it
	a.wantAllAnswered(t, 1)
	if now := w.now(t); now.axfr != before.axfr || now.ixfr != before.ixfr {
		t.Errorf("the reload made us transfer: before %+v, now %+v", before, now)
	}
	w.change(t, varied(2))
	w.wantEqual(t)
}

func portOf(s *understudy.Server) string {
	return s.Addr()[strings.LastIndex(s.Addr(), ":")+1:]
}
