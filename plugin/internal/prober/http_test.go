package prober

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"
)

var loopback = netip.MustParseAddr("127.0.0.1")

// site is a server, and the port in URLs that lead to it.
func site(t *testing.T, certificate *tls.Certificate, h http.HandlerFunc) (port string) {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	if certificate != nil {
		s.TLS = &tls.Config{Certificates: []tls.Certificate{*certificate}}
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func mustHTTP(t *testing.T, h HTTP) Check {
	t.Helper()
	h.Addr = loopback
	c, err := h.Check()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestHTTP(t *testing.T) {
	stop := make(chan struct{})
	redirected := false
	port := site(t, nil, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Load", " 0.75 ")
		switch r.URL.Path {
		case "/ok":
			fmt.Fprint(w, "all is well")
		case "/host":
			if host, _, _ := net.SplitHostPort(r.Host); host != "www.example.org" {
				w.WriteHeader(http.StatusMisdirectedRequest)
			}
		case "/teapot":
			w.WriteHeader(http.StatusTeapot)
		case "/moved":
			http.Redirect(w, r, "/target", http.StatusFound)
		case "/target":
			redirected = true
		case "/large":
			_, _ = io.WriteString(w, strings.Repeat("x", largestBody)+"needle")
		case "/endless":
			for {
				if _, err := io.WriteString(w, strings.Repeat("x", 4096)); err != nil {
					return
				}
			}
		case "/head":
			w.Header().Set("X-Long", strings.Repeat("x", 2*largestHead))
		case "/hang":
			<-stop
		case "/hangup":
			c, _, _ := w.(http.Hijacker).Hijack()
			c.Close()
		case "/cut":
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "short")
		case "/slowly":
			fmt.Fprint(w, "begins")
			w.(http.Flusher).Flush()
			<-stop
		}
	})
	defer close(stop)
	for _, c := range []struct {
		name string
		path string
		spec HTTP
		want Outcome
	}{
		{"200", "/ok", HTTP{}, OK},
		{"Host is that of the URL", "/host", HTTP{}, OK},
		{"another status", "/teapot", HTTP{}, Status},
		{"another status, which is expected", "/teapot", HTTP{Status: 418}, OK},
		{"200, and it is not expected", "/ok", HTTP{Status: 204}, Status},
		{"a body that matches", "/ok", HTTP{Match: regexp.MustCompile(`is\s+well$`)}, OK},
		{"one that does not", "/ok", HTTP{Match: regexp.MustCompile("ill")}, Mismatch},
		{"a redirect", "/moved", HTTP{}, Status},
		{"a redirect that is expected", "/moved", HTTP{Status: 302}, OK},
		{"no more is read than is bounded", "/large", HTTP{Match: regexp.MustCompile("needle")}, Mismatch},
		{"of an endless body as well", "/endless", HTTP{Match: regexp.MustCompile("needle")}, Mismatch},
		{"an endless body that is of no interest", "/endless", HTTP{}, OK},
		{"too long a head", "/head", HTTP{}, Malformed},
		{"drill 42: it hangs after connect", "/hang", HTTP{}, Timeout},
		{"it hangs within the body", "/slowly", HTTP{Match: regexp.MustCompile("ends")}, Timeout},
		{"it hangs up", "/hangup", HTTP{}, Malformed},
		{"within the body", "/cut", HTTP{Match: regexp.MustCompile("long")}, Malformed},
	} {
		c.spec.URL = "http://www.example.org:" + port + c.path
		r := run(t, mustHTTP(t, c.spec))
		if wants(t, c.name, r, c.want); c.want == OK && r.RTT <= 0 {
			t.Errorf("%s: it took no time", c.name)
		}
	}
	if redirected {
		t.Error("a redirect was followed")
	}
	r := run(t, mustHTTP(t, HTTP{URL: "http://www.example.org:" + port + "/ok", Load: "X-Load"}))
	if !r.HasLoad || r.Load != 0.75 {
		t.Errorf("%+v", r)
	}
	if r = run(t, mustHTTP(t, HTTP{URL: "http://www.example.org:" + port + "/ok", Load: "X-None"})); r.HasLoad {
		t.Errorf("%+v", r)
	}
}

func TestLoad(t *testing.T) {
	for text, want := range map[string]float64{"1": 1, " 2.5\t": 2.5, "-1": -1, "1e3": 1000} {
		if n, ok := load(text); !ok || n != want {
			t.Errorf("%q: %v", text, n)
		}
	}
	for _, text := range []string{"", "much", "NaN", "Inf", "-Inf", "1e999", "1 2"} {
		if n, ok := load(text); ok {
			t.Errorf("%q: %v", text, n)
		}
	}
}

func TestHTTPNobodyThere(t *testing.T) {
	addr := closed(t)
	wants(t, "closed", run(t, mustHTTP(t, HTTP{URL: fmt.Sprintf("http://www.example.org:%d/", addr.Port())})), Refused)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wants(t, "stopped", mustHTTP(t, HTTP{URL: "http://www.example.org/"}).Run(ctx), Stopped)
}

func TestHTTPS(t *testing.T) {
	certificate := selfSigned(t)
	roots := x509.NewCertPool()
	roots.AddCert(certificate.Leaf)
	port := site(t, &certificate, func(w http.ResponseWriter, r *http.Request) {
		if r.TLS.ServerName != "www.example.org" {
			w.WriteHeader(http.StatusMisdirectedRequest)
		}
	})
	wants(t, "SNI is that of the URL", run(t, mustHTTP(t, HTTP{URL: "https://www.example.org:" + port, Roots: roots})), OK)
	wants(t, "nobody vouches for it", run(t, mustHTTP(t, HTTP{URL: "https://www.example.org:" + port})), TLSFailed)
	wants(t, "another name", run(t, mustHTTP(t, HTTP{URL: "https://www.example.net:" + port, Roots: roots})), TLSFailed)
	plain := site(t, nil, func(http.ResponseWriter, *http.Request) {})
	wants(t, "no TLS there", run(t, mustHTTP(t, HTTP{URL: "https://www.example.org:" + plain, Roots: roots})), TLSFailed)
	old := site(t, &certificate, func(http.ResponseWriter, *http.Request) {})
	c := mustHTTP(t, HTTP{URL: "https://www.example.org:" + old, Roots: roots}).(*httpCheck)
	c.tls.MaxVersion = tls.VersionTLS10
	c.tls.MinVersion = tls.VersionTLS10
	wants(t, "an alert", run(t, c), TLSFailed)
}

func TestHTTPChecksThatMakeNoSense(t *testing.T) {
	for name, h := range map[string]HTTP{
		"no URL":          {Addr: loopback},
		"another scheme":  {Addr: loopback, URL: "ftp://www.example.org/"},
		"no host":         {Addr: loopback, URL: "http:///path"},
		"a password":      {Addr: loopback, URL: "http://user:secret@www.example.org/"},
		"no address":      {URL: "http://www.example.org/"},
		"no status":       {Addr: loopback, URL: "http://www.example.org/", Status: 99},
		"no port":         {Addr: loopback, URL: "http://www.example.org:0/"},
		"too high a port": {Addr: loopback, URL: "http://www.example.org:65536/"},
	} {
		if _, err := h.Check(); !errors.Is(err, ErrCheck) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHTTPKeys(t *testing.T) {
	for want, h := range map[string]HTTP{
		"http 127.0.0.1:80 http://www.example.org/":                        {URL: "http://www.example.org/"},
		"https 127.0.0.1:443 https://www.example.org/":                     {URL: "https://www.example.org/"},
		"https 127.0.0.1:8443 https://www.example.org:8443/ status 204":    {URL: "https://www.example.org:8443/", Status: 204},
		"http 127.0.0.1:80 http://www.example.org/ match a+ load X-Number": {URL: "http://www.example.org/", Match: regexp.MustCompile("a+"), Load: "X-Number"},
	} {
		if got := mustHTTP(t, h).Key().String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestNothingIsLeftOpen runs many checks against a server that counts its connections.
func TestNothingIsLeftOpen(t *testing.T) {
	states := make(chan int, 1000)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			states <- 1
		case http.StateClosed:
			states <- -1
		}
	}
	s.Start()
	defer s.Close()
	c := mustHTTP(t, HTTP{URL: s.URL})
	for range 20 {
		wants(t, "", run(t, c), OK)
	}
	open := 0
	for range 40 {
		select {
		case n := <-states:
			open += n
		case <-time.After(5 * time.Second):
			t.Fatalf("%d connections are open", open)
		}
	}
	if open != 0 {
		t.Errorf("%d connections are open", open)
	}
}
