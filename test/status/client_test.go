package status_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

const zone = "example.org."

// hosts is a zone of 4+n records.
func hosts(serial uint32, n int, address string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "@ 300 SOA ns1 hostmaster %d 3600 600 86400 300\n@ 300 NS ns1\n@ 300 NS ns2\nns1 300 A 192.0.2.1\n", serial)
	for i := range n {
		fmt.Fprintf(&text, "host%d 300 A %s\n", i, address)
	}
	return text.String()
}

// block is a server block with one stanza, of the zone of its key.
func block(from string, properties ...string) string {
	return `
example.org:{{port}} {
    bind 127.0.0.1
    secondaryplus {
        transfer from ` + from + `
        ` + strings.Join(properties, "\n        ") + `
    }
    prometheus 127.0.0.1:{{port:metrics}}
}
`
}

const statusHere = "status 127.0.0.1:{{port:status}}"

// started is a primary with serial 1, and ours that serves it.
func started(t *testing.T, properties ...string) (*primary.Primary, *understudy.Server) {
	t.Helper()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, hosts(1, 5, "192.0.2.80"))
	s := understudy.Start(t, understudy.Config{Corefile: block(p.Addr(), append([]string{statusHere}, properties...)...)})
	ask.WaitSerial(t, s.Addr(), zone, 1)
	return p, s
}

// doc is a JSON document.
type doc = map[string]any

// send asks, with headers as "Name: value", and wants a code.
func send(t *testing.T, s *understudy.Server, method, path string, code int, headers ...string) doc {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
	return sendBy(t, &client, "http://"+s.AddrOf("status")+path, method, code, headers...)
}

func sendBy(t *testing.T, client *http.Client, url, method string, code int, headers ...string) doc {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
		if name == "Host" {
			r.Host = value
		}
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var d doc
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatalf("%s %s: %s: %v", method, url, text, err)
	}
	if response.StatusCode != code {
		t.Fatalf("%s %s: %s, not %d: %s", method, url, response.Status, code, text)
	}
	return d
}

// of is the document of the zone.
func of(t *testing.T, s *understudy.Server) doc {
	t.Helper()
	return send(t, s, "GET", "/v1/zones/example.org", 200)
}

// settled is that document when no refresh runs any more.
func settled(t *testing.T, s *understudy.Server) (d doc) {
	t.Helper()
	ask.Until(t, "no refresh runs", func() error {
		if d = of(t, s); d["refreshing"] == true || d["queued"] == true {
			return fmt.Errorf("%v", d)
		}
		return nil
	})
	return d
}

// moment takes a time out of a document.
func moment(t *testing.T, d doc, field string) time.Time {
	t.Helper()
	text, _ := d[field].(string)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || !strings.HasSuffix(text, "Z") {
		t.Errorf("%s is %q, %v", field, text, err)
	}
	delete(d, field)
	return at
}

// amount takes a number above zero out of a document.
func amount(t *testing.T, d doc, field string) float64 {
	t.Helper()
	n, _ := d[field].(float64)
	if n <= 0 {
		t.Errorf("%s is %v", field, d[field])
	}
	delete(d, field)
	return n
}

// wantDoc compares what is left of a document with what is to be there.
func wantDoc(t *testing.T, got, want any) {
	t.Helper()
	a, _ := json.MarshalIndent(got, "", " ")
	b, _ := json.MarshalIndent(want, "", " ")
	if string(a) != string(b) {
		t.Errorf("got %s\nwant %s", a, b)
	}
}
