package events

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Bounds of what is read.
const (
	largestHead   = 64 << 10
	largestAnswer = 64 << 10
	quotedAnswer  = 200 // octets of it in an error
)

// refusal is an answer that is no success.
type refusal struct {
	code int
	text string // what else is known
}

func (r *refusal) Error() string {
	return strings.TrimSpace(fmt.Sprintf("answered %d %s %s", r.code, http.StatusText(r.code), r.text))
}

// final says that it is the document that is refused: it always would be. All else may be put right.
func (r *refusal) final() bool {
	switch r.code {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

func fateOf(err error) fate {
	var r *refusal
	switch {
	case err == nil:
		return delivered
	case errors.As(err, &r) && r.final():
		return refused
	}
	return undelivered
}

// newTransport is what one sink is reached by. It has no goroutine without a connection.
func newTransport() http.RoundTripper {
	dialer := net.Dialer{Timeout: postWait}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    postWait,
		MaxIdleConnsPerHost:    1,
		IdleConnTimeout:        2 * resendWait,
		MaxResponseHeaderBytes: largestHead,
		DisableCompression:     true, // what is read of an answer is bounded as it comes
	}
}

// newClient follows no redirect. A POST would become a GET by most of them; and the others could lead alerts, and the
// password, to where the operator has not sent them.
func newClient(t http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// post sends a document. The error shows nothing of the URL; it is a refusal if there was an answer.
func post(ctx context.Context, c *http.Client, to Sink, document []byte) error {
	ctx, cancel := context.WithTimeout(ctx, postWait)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.url, bytes.NewReader(document))
	if err != nil {
		return ErrURL
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "understudy")
	answer, err := c.Do(r)
	if err != nil {
		return withoutURL(err)
	}
	defer answer.Body.Close()
	// It is read to its end, if that is near, for the sake of the connection.
	text, _ := io.ReadAll(io.LimitReader(answer.Body, largestAnswer))
	if answer.StatusCode/100 == 2 {
		return nil
	}
	return &refusal{answer.StatusCode, explain(to.kind, answer, text)}
}

// withoutURL is why a request failed.
func withoutURL(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %s: %w", postWait, context.DeadlineExceeded)
	}
	return err
}

// explain is what an answer says besides its status. A webhook is not quoted: many servers repeat the path, and that
// may be a secret.
func explain(from kind, answer *http.Response, text []byte) string {
	if answer.StatusCode/100 == 3 {
		if to, err := answer.Location(); err == nil {
			return fmt.Sprintf("to the host %q: redirects are not followed", to.Host)
		}
	}
	if text = bytes.TrimSpace(text); len(text) == 0 || from == webhook {
		return ""
	}
	return fmt.Sprintf("%.*q", quotedAnswer, text)
}
