package downstream_test

import (
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

const twice = `zone example.org. is given to secondaries by 'transfer to' here and by the transfer plugin in `

func TestAZoneIsGivenByTransferToOrByTheTransferPlugin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, transfer, want string }{
		{"the zones of the block", "transfer {\n to *\n}", twice},
		{"a zone above", "transfer org {\n to *\n}", twice},
		{"the second of two", "transfer example.net {\n to *\n}\ntransfer example.org {\n to *\n}", twice},
		{"another zone", "transfer example.net {\n to *\n}", ""},
	} {
		text := strings.Replace(corefile("127.0.0.1:1", nil, "transfer to *"), "errors\n", "errors\n"+c.transfer+"\n", 1)
		s, err := understudy.TryStart(t, understudy.Config{Corefile: text})
		if err == nil {
			s.Stop()
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "Corefile:4:") && !strings.Contains(err.Error(), "Corefile:4 ") && !strings.Contains(err.Error(), "Corefile:7")) {
			t.Errorf("%s: without the lines: %v", c.name, err)
		}
	}
}

// With the stock plugin alone, its channel carries the differences (RFC 1995 §4), and the whole zone to
// those whose version is not known.
func TestTheTransferPluginGivesDifferencesToo(t *testing.T) {
	t.Parallel()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, hosts(1))
	text := strings.Replace(corefile(p.Addr(), nil), "errors\n", "errors\ntransfer {\n to *\n}\n", 1)
	s := &stand{p, understudy.Start(t, understudy.Config{Corefile: text})}
	ask.WaitSerial(t, s.ours.Addr(), zone, 1)
	s.publish(t, 2, 4, hosts)
	for _, c := range []struct {
		have    uint32
		records int
	}{{1, 10}, {3, 10}, {4, 1}, {5, 1}, {0, 307}, {4294967000, 307}} {
		rrs := ask.IXFR(t, s.ours.Addr(), zone, c.have, nil)
		if len(rrs) != c.records {
			t.Errorf("from serial %d: %d records", c.have, len(rrs))
		}
		if soa, ok := rrs[min(1, len(rrs)-1)].(*dns.SOA); c.records == 10 && (!ok || soa.Serial != c.have) {
			t.Errorf("from serial %d: the deletions begin with %v", c.have, rrs[1])
		}
	}
}

func TestRulesAndTheJournalMayChangeOverAReload(t *testing.T) {
	t.Parallel()
	s := start(t, hosts(1), nil, "transfer to 127.0.0.9")
	if _, err := ask.FetchAXFR(s.ours.Addr(), zone, nil); err == nil {
		t.Error("a stranger is given the zone")
	}
	s.ours.Reload(t, corefile(s.primary.Addr(), nil, "transfer to 127.0.0.1", "journal 64kB ratio 50"))
	s.publish(t, 2, 2, hosts)
	if rrs := ask.IXFR(t, s.ours.Addr(), zone, 1, nil); len(rrs) != 10 {
		t.Errorf("an IXFR of %d records", len(rrs))
	}
	s.ours.Reload(t, corefile(s.primary.Addr(), nil, "transfer to 127.0.0.1", "journal off"))
	s.publish(t, 3, 3, hosts)
	if rrs := ask.IXFR(t, s.ours.Addr(), zone, 2, nil); len(rrs) != 307 {
		t.Errorf("without a journal, an IXFR of %d records", len(rrs))
	}
}
