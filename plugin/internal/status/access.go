package status

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
)

// Access is who may ask.
type Access struct {
	// TokenFile holds the token that every request must carry (RFC 6750). It is read for each of them, so that
	// it can be changed. Empty: no token is asked for, and hosts are to be named by address.
	TokenFile string
	// Unreadable is told of a token file that has become so; nobody is let in then.
	Unreadable func(error)
}

const (
	shortestToken = 16
	longestToken  = 4096 // with the end of the line
)

// Why a file is no token file.
var (
	ErrNotRegular = errors.New("not a regular file")
	ErrToken      = fmt.Errorf("the first line is no token: at least %d printable ASCII characters without a space", shortestToken)
)

// ReadToken is the first line of a token file.
func ReadToken(path string) (string, error) {
	// A FIFO or a device could keep us waiting at the opening already.
	if info, err := os.Stat(path); err != nil {
		return "", err
	} else if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s: %w", path, ErrNotRegular)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, longestToken))
	if err != nil {
		return "", err
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	unprintable := bytes.ContainsFunc(line, func(r rune) bool { return r <= ' ' || r > '~' })
	if len(line) < shortestToken || len(line) == longestToken || unprintable {
		return "", fmt.Errorf("%s: %w", path, ErrToken)
	}
	return string(line), nil
}

// crossOrigin refuses orders that a browser sends for another site.
var crossOrigin = http.NewCrossOriginProtection()

// permit says why a request must not be answered; nil: it may.
func (a *Access) permit(r *http.Request) *problem {
	if a.TokenFile == "" {
		if !plainHost(r.Host) {
			return &problem{code: http.StatusForbidden, Error: "the Host header must be an IP address or localhost"}
		}
	} else if p := a.authorize(r); p != nil {
		return p
	}
	if err := crossOrigin.Check(r); err != nil {
		return &problem{code: http.StatusForbidden, Error: err.Error()}
	}
	return nil
}

// authorize compares the token in constant time.
func (a *Access) authorize(r *http.Request) *problem {
	want, err := ReadToken(a.TokenFile)
	if err != nil {
		if a.Unreadable != nil {
			a.Unreadable(err)
		}
		return &problem{code: http.StatusServiceUnavailable, Error: "the token file cannot be read"}
	}
	scheme, got, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	wanted, gotten := sha256.Sum256([]byte(want)), sha256.Sum256([]byte(strings.TrimSpace(got)))
	if subtle.ConstantTimeCompare(wanted[:], gotten[:]) == 1 && strings.EqualFold(scheme, "Bearer") {
		return nil
	}
	return &problem{code: http.StatusUnauthorized, Error: "a token is needed: 'Authorization: Bearer TOKEN'"}
}

// plainHost says that a Host header names an address, or this machine. Any other name could be one that was
// made to point here after a browser had loaded a page from it.
func plainHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil || strings.EqualFold(host, "localhost")
}
