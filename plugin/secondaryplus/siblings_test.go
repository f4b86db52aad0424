package secondaryplus

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin/test"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/journal"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
	"github.com/understudy-dns/understudy/plugin/internal/zonefile"
)

// bound is a server block that is bound to an address.
func bound(t *testing.T, addr, stanza string) *Plugin {
	t.Helper()
	p := instance(t, "k", stanza)
	p.site = &dnsserver.Config{ListenHosts: []string{addr}}
	return p
}

func TestBlocksOfOneKeyBoundToOtherAddressesHaveZonesOfTheirOwn(t *testing.T) {
	e := testEngine()
	alone := bound(t, "127.0.0.1", stanzaA)
	alone.siblings.tellApart()
	mustAttach(t, e, alone)

	inner, outer := bound(t, "127.0.0.1", stanzaA), bound(t, "127.0.0.2", stanzaB)
	asOne(inner, outer)
	for _, p := range []*Plugin{inner, outer} {
		p.siblings.tellApart()
		mustAttach(t, e, p)
	}
	e.detach(alone)
	if inner.order[0].zone() != alone.order[0].zone() {
		t.Error("a second block took the zone from the first one")
	}
	if inner.order[0].zone() == outer.order[0].zone() || primaryPort(inner) != 1 || primaryPort(outer) != 2 {
		t.Error("blocks with other primaries have one zone")
	}
	e.detach(inner)
	e.detach(outer)
}

func TestABlockThatIsNotAmbiguousGoesByItsKeyAlone(t *testing.T) {
	p := bound(t, "127.0.0.1", stanzaA)
	if p.siblings.tellApart(); p.key != "k" {
		t.Errorf("the key is %s", p.key)
	}
}

func TestNoZoneIsOfAnotherClass(t *testing.T) {
	p := instance(t, "k", "secondaryplus a.example {\n transfer from 127.0.0.1:1\n transfer to *\n}")
	for _, qtype := range []uint16{dns.TypeSOA, dns.TypeAXFR, dns.TypeIXFR} {
		r := new(dns.Msg).SetQuestion("a.example.", qtype)
		r.Question[0].Qclass = dns.ClassCHAOS
		if rcode, err := p.ServeDNS(context.Background(), &test.ResponseWriter{}, r); rcode != dns.RcodeRefused || err != nil {
			t.Errorf("%s: %s, %v", dns.TypeToString[qtype], dns.RcodeToString[rcode], err)
		}
	}
}

// saveAs leaves a.example in a state directory, as the zone of a server block.
func saveAs(t *testing.T, dir, key string) {
	t.Helper()
	apex, err := owner.Parse("a.example.")
	if err != nil {
		t.Fatal(err)
	}
	text := "@ 300 IN SOA ns admin 7 3600 600 86400 300\n@ 300 IN NS ns\nns 300 IN A 192.0.2.1\n"
	v, err := zonefile.Read(strings.NewReader(text), "a.zone", apex)
	if err != nil {
		t.Fatal(err)
	}
	store, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	state := journal.State{Published: zone.Published{Version: v}, Refreshed: time.Now(), Expire: time.Now().Add(time.Hour)}
	if err := store.Save(identity{nameInView{"a.example.", ""}, key}.journal(), state); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestANewBlockIsNotGivenWhatAnotherOneSaved(t *testing.T) {
	dir := t.TempDir()
	saveAs(t, dir, "k")
	stanza := "secondaryplus a.example {\n transfer from 127.0.0.1:1\n persist " + dir + "\n}"
	e, added, same := testEngine(), instance(t, "added", stanza), instance(t, "k", stanza)
	asOne(added, same)
	mustAttach(t, e, added) // it stands first in the Corefile
	mustAttach(t, e, same)
	if added.order[0].zone().Current() != nil || same.order[0].zone().Current() == nil {
		t.Error("what is on disk went to another server block")
	}
	e.detach(added)
	e.detach(same)
}

func TestAFailedReloadLeavesAZoneItsIdentity(t *testing.T) {
	e := testEngine()
	old, next := instance(t, "k", stanzaA), instance(t, "moved", stanzaA)
	mustAttach(t, e, old)
	mustAttach(t, e, next)
	if e.members[next.identity(next.order[0])] != old.order[0].member {
		t.Fatal("a block with another key has another zone")
	}
	e.abandon()
	if len(e.members) != 1 || e.members[old.identity(old.order[0])] != old.order[0].member {
		t.Error("the zone goes by the identity of an instance that never served")
	}
	e.detach(old)
}
