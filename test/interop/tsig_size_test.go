package interop_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// The signature of an answer is part of what must fit into the client's buffer (RFC 8945 §5.3, RFC 2181 §9).
func TestASignedAnswerFitsIntoTheBuffer(t *testing.T) {
	t.Parallel()
	key := newKey("client.key.", "hmac-sha512")
	from := primary.Start(t, primary.Config{Zone: zone})
	text := strings.Builder{}
	text.WriteString("@ 300 SOA ns hostmaster 1 3600 600 86400 300\n@ 300 NS ns\nns 300 A 192.0.2.1\n")
	for i := range 40 {
		if i < 24 {
			fmt.Fprintf(&text, "some 300 A 192.0.2.%d\n", i)
		}
		fmt.Fprintf(&text, "many 300 A 192.0.2.%d\n", i)
	}
	from.Publish(t, text.String())
	lines := append(tsigLines([]*ask.Key{key}), stanzaOf("", []string{"transfer from " + from.Addr()}))
	ours := understudy.Start(t, understudy.Config{Corefile: blockOf(zone, lines)})
	ask.WaitSerial(t, ours.Addr(), zone, 1)
	for _, c := range []struct {
		name string
		opts []ask.Option
		cut  bool
	}{
		{"some", nil, false},
		{"some", []ask.Option{ask.Signed(*key)}, true},
		{"many", []ask.Option{ask.Signed(*key)}, true},
		{"many", []ask.Option{ask.Signed(*key), ask.Size(1232)}, false},
	} {
		m := ask.Ask(t, ours.Addr(), c.name+"."+zone, dns.TypeA, c.opts...)
		room := 512
		if o := m.IsEdns0(); o != nil {
			room = 1232
		}
		if m.Compress = true; m.Truncated != c.cut || m.Len() > room {
			t.Errorf("%s, %d options: TC is %v, and %d octets", c.name, len(c.opts), m.Truncated, m.Len())
		}
	}
}
