package nsfailover

import (
	"strings"
	"testing"

	"github.com/coredns/caddy"
	"github.com/miekg/dns"
)

// parsed reads the stanzas of the server block of example.org.
func parsed(text string) (*block, error) {
	c := caddy.NewTestController("dns", text)
	c.ServerBlockKeys = []string{"example.org."}
	return parse(c)
}

const twoMembers = "nsfailover pool www.example.org {\nprimary 192.0.2.1 192.0.2.2\ncheck tcp 80\nbalance weighted\n"

// The sum of weights must not overflow: the Corefile is where that is to be told.
func TestWeightsAreBounded(t *testing.T) {
	for weight, good := range map[string]bool{
		"1": true, "65535": true, "0": false, "-1": false, "65536": false, "9223372036854775807": false, "1e3": false,
	} {
		b, err := parsed(twoMembers + "weight 192.0.2.1 " + weight + "\nweight 192.0.2.2 " + weight + "\n}")
		if good != (err == nil) || err != nil && !strings.Contains(err.Error(), "Testfile:5") {
			t.Errorf("%s: %v", weight, err)
		}
		if err != nil {
			continue
		}
		r := newRuntime(poolID{}, b.pools[0])
		if list := r.records("www.example.org.", dns.TypeA, 60, 0); len(list) != 1 {
			t.Errorf("%s: %v", weight, list)
		}
	}
}

func TestTheTypeOfACheckMayBeInLowerCase(t *testing.T) {
	b, err := parsed("nsfailover pool www.example.org {\nprimary 192.0.2.1\ncheck dns www.example.org aaaa\n}")
	if err != nil || b.pools[0].check.rrtype != dns.TypeAAAA {
		t.Errorf("%v", err)
	}
}
