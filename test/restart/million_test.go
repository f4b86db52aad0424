package restart_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
)

// million is a zone of a million records.
func million() string {
	var text strings.Builder
	out := bufio.NewWriter(&text)
	fmt.Fprintf(out, "$ORIGIN %s\n$TTL 300\n@ SOA ns1 hostmaster 1 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\n", zone)
	for i := range 499_998 {
		fmt.Fprintf(out, "n%d A 10.%d.%d.%d\nn%d TXT \"record %d\"\n", i, i>>16&255, i>>8&255, i&255, i, i)
	}
	fmt.Fprint(out, "last A 192.0.2.2\n")
	out.Flush()
	return text.String()
}

// A transferred is what a transfer holds: how many records, and the sum of their hashes, whatever their order.
type transferred struct {
	records int
	sum     uint64
}

func transfer(t *testing.T, addr string) transferred {
	t.Helper()
	rrs, err := ask.FetchAXFR(addr, zone, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := transferred{records: len(rrs) - 1}
	buf := make([]byte, 1<<10)
	for _, rr := range rrs[1:] {
		n, err := dns.PackRR(rr, buf, 0, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.Sum256(buf[:n])
		got.sum += binary.LittleEndian.Uint64(h[:])
	}
	return got
}

// The zone is served after a restart without its primary: after SIGTERM, and after kill -9.
func TestAMillionRecordsSurviveARestartWithThePrimaryDown(t *testing.T) {
	peer.Require(t, peer.Knot)
	from := peer.Start(t, peer.Knot, peer.Config{Zones: []peer.Zone{{Name: zone, Text: million()}}})
	ours := start(t, from.Addr())
	ours.WaitMetric(t, "metrics", "coredns_secondaryplus_zone_saved_serial", 1)
	want := transfer(t, from.Addr())
	if want.records != 1_000_000 {
		t.Fatalf("the primary has %d records", want.records)
	}
	from.Stop()
	for how, end := range map[string]func(){"SIGTERM": func() { ours.Stop() }, "SIGKILL": ours.Kill9} {
		end()
		ours.Restart(t)
		if got := transfer(t, ours.Addr()); got != want {
			t.Errorf("after %s: %+v, the primary had %+v", how, got, want)
		}
		m := ask.Ask(t, ours.Addr(), "n499997."+zone, dns.TypeTXT)
		if len(m.Answer) != 1 || !m.Authoritative {
			t.Errorf("after %s: answered %v", how, m)
		}
	}
}
