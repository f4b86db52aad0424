package prober

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Bounds of what is read of an answer. What a regular expression matches must be in the first octets of the body.
const (
	largestHead = 64 << 10
	largestBody = 64 << 10
)

// HTTP is a check whether an address answers for a URL. It is the address that is connected to; Host and SNI are those of
// the URL. Redirects are not followed, and no proxy is used.
type HTTP struct {
	Addr   netip.Addr
	URL    string
	Status int            // that is expected; 0: any from 200 to 299
	Match  *regexp.Regexp // that the body must match; nil: whatever it is
	Load   string         // header of the answer whose number is the load; empty: none
	Roots  *x509.CertPool // who may vouch for the server; nil: the system's
	Source Source
}

// ErrCheck says that a check cannot be made as configured.
var ErrCheck = errors.New("bad check")

type httpCheck struct {
	key  Key
	spec HTTP
	tls  *tls.Config // nil: plain
}

// Check is the check. The error wraps ErrCheck.
func (h HTTP) Check() (Check, error) {
	u, err := url.Parse(h.URL)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return nil, fmt.Errorf("%w: %q is no URL of http or https", ErrCheck, h.URL)
	case u.User != nil:
		return nil, fmt.Errorf("%w: a URL with a password would be shown in logs and metrics", ErrCheck)
	case !h.Addr.IsValid():
		return nil, fmt.Errorf("%w: %s without an address to connect to", ErrCheck, h.URL)
	case h.Status != 0 && (h.Status < 200 || h.Status > 599):
		return nil, fmt.Errorf("%w: no status %d", ErrCheck, h.Status)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return nil, fmt.Errorf("%w: %q is no port", ErrCheck, port)
	}
	c := &httpCheck{key: Key{Kind(u.Scheme), netip.AddrPortFrom(h.Addr.Unmap(), uint16(n)), h.what()}, spec: h}
	if u.Scheme == "https" {
		c.tls = &tls.Config{RootCAs: h.Roots, ServerName: u.Hostname(), NextProtos: []string{"http/1.1"}}
	}
	return c, nil
}

// what is the check in the words of the Corefile.
func (h HTTP) what() string {
	words := []string{h.URL}
	if h.Status != 0 {
		words = append(words, "status", strconv.Itoa(h.Status))
	}
	if h.Match != nil {
		words = append(words, "match", h.Match.String())
	}
	if h.Load != "" {
		words = append(words, "load", h.Load)
	}
	return strings.Join(words, " ")
}

func (c *httpCheck) Key() Key { return c.key }

// Run makes a connection, asks once over it, and closes it: what is to be known is whether one can be made. All of it is
// done by the goroutine that calls; http.Transport takes two more for each connection, which cost more than the rest.
func (c *httpCheck) Run(ctx context.Context) Result {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.spec.URL, nil)
	if err != nil {
		return failure(Malformed, err)
	}
	r.Header.Set("User-Agent", "understudy")
	r.Close = true
	begun := time.Now()
	conn, err := c.connect(ctx)
	if err != nil {
		return c.failed(ctx, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	answer, err := exchange(conn, r) //nolint:bodyclose // it would read an endless body to its end
	if err != nil {
		return c.failed(ctx, err)
	}
	return c.judge(ctx, answer, time.Since(begun))
}

// connect makes a connection to the address, with TLS where the URL says so.
func (c *httpCheck) connect(ctx context.Context) (net.Conn, error) {
	conn, err := c.spec.Source.dial(ctx, "tcp", c.key.Addr)
	if err != nil || c.tls == nil {
		return conn, err
	}
	secure := tls.Client(conn, c.tls)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

// exchange asks over a connection. Answers that announce another one are passed over (RFC 9110 §15.2).
func exchange(conn net.Conn, r *http.Request) (*http.Response, error) {
	if err := r.Write(conn); err != nil {
		return nil, err
	}
	head := &io.LimitedReader{R: conn, N: largestHead}
	reader := bufio.NewReader(head)
	for {
		answer, err := http.ReadResponse(reader, r)
		if err != nil {
			return nil, err
		}
		if answer.StatusCode/100 != 1 || answer.StatusCode == http.StatusSwitchingProtocols {
			head.N = math.MaxInt64 // the body is bounded by who reads it
			return answer, nil
		}
	}
}

// judge says what an answer that came after rtt is worth.
func (c *httpCheck) judge(ctx context.Context, answer *http.Response, rtt time.Duration) Result {
	if !c.wanted(answer.StatusCode) {
		return failure(Status, fmt.Errorf("status %d", answer.StatusCode))
	}
	if c.spec.Match != nil {
		body, err := io.ReadAll(io.LimitReader(answer.Body, largestBody))
		switch {
		case c.spec.Match.Match(body):
		case err != nil:
			return c.failed(ctx, err)
		default:
			return failure(Mismatch, fmt.Errorf("nothing in the first %d octets matches", len(body)))
		}
	}
	result := Result{Outcome: OK, RTT: rtt}
	result.Load, result.HasLoad = load(answer.Header.Get(c.spec.Load))
	return result
}

func (c *httpCheck) wanted(status int) bool {
	if c.spec.Status == 0 {
		return status/100 == 2
	}
	return status == c.spec.Status
}

// load is the number in a header.
func load(text string) (n float64, ok bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, false
	}
	return n, true
}

// failed is why there is no answer.
func (c *httpCheck) failed(ctx context.Context, err error) Result {
	r := networkFailure(ctx, err)
	if r.Outcome != Unreachable || isDial(err) {
		return r
	}
	// A connection was made: somebody is there, and does not speak as is expected.
	if isTLS(err) {
		return failure(TLSFailed, err)
	}
	return failure(Malformed, err)
}

// isTLS says that it was the handshake that failed. An alert of the other side is an OpError of its own.
func isTLS(err error) bool {
	var untrusted *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var op *net.OpError
	return errors.As(err, &untrusted) || errors.As(err, &record) ||
		errors.As(err, &op) && op.Op == "remote error"
}
