package status

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// Whatever is asked, the answer is JSON with a code that fits, and nobody gives an order from another site or
// under another name.
func FuzzRequest(f *testing.F) {
	f.Add("GET /v1/zones?state=expired HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
	f.Add("HEAD /v1/zones/example.org?server=dns://a:53&view= HTTP/1.1\r\nHost: localhost:8053\r\n\r\n")
	f.Add("POST /v1/zones/%2e/refresh?wait=1 HTTP/1.1\r\nHost: [::1]:1\r\nOrigin: http://[::1]:1\r\nContent-Length: 2\r\n\r\n{}")
	f.Add("POST /v1/refresh HTTP/1.1\r\nHost: evil.example\r\nSec-Fetch-Site: cross-site\r\n\r\n")
	f.Add("GET http://127.0.0.1/v1/zones/0%2f25.2.0.192.in-addr.arpa HTTP/1.0\r\n\r\n")
	f.Add("OPTIONS * HTTP/1.1\r\nHost: 1.2.3.4\r\nAuthorization: Bearer x\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		if err != nil {
			return
		}
		source := twoBlocks()
		h := &handler{source: source, access: new(atomic.Pointer[Access])}
		h.access.Store(new(Access))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code < 200 || w.Code >= 500 || w.Code != http.StatusOK && !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if r.Method != http.MethodHead && !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if len(source.orders) > 0 && (r.Method != http.MethodPost || !plainHost(r.Host) || r.Header.Get("Sec-Fetch-Site") == "cross-site") {
			t.Fatalf("obeyed %q", text)
		}
	})
}
