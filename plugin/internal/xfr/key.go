package xfr

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// Key is a TSIG key (RFC 8945). It has no field that holds the secret, so that no way of printing,
// encoding or reflecting it can tell the secret; only the functions that compute a MAC know it.
type Key struct {
	Name      owner.Name // in lower case, its canonical form (RFC 8945 §4.3.3)
	Algorithm string     // "hmac-sha256"
	algorithm owner.Name // the same in wire form
	mac       func() hash.Hash
}

// ErrKey says that a key is not usable as configured.
var ErrKey = errors.New("bad TSIG key")

// The algorithms of RFC 8945 §6 that are not forbidden. hmac-md5 is.
var algorithms = map[string]func() hash.Hash{
	dns.HmacSHA1:   sha1.New,
	dns.HmacSHA224: sha256.New224,
	dns.HmacSHA256: sha256.New,
	dns.HmacSHA384: sha512.New384,
	dns.HmacSHA512: sha512.New,
}

// NewKey makes a key from its name, its algorithm ("hmac-sha256" when empty) and its secret in base64. The
// error, which wraps ErrKey, never holds the secret.
func NewKey(name, algorithm, secret string) (*Key, error) {
	wire, err := owner.Parse(name)
	if err != nil || name == "" {
		return nil, fmt.Errorf("%w: %q is no domain name", ErrKey, name)
	}
	if algorithm == "" {
		algorithm = dns.HmacSHA256
	}
	algorithm = dns.CanonicalName(algorithm)
	newHash, ok := algorithms[algorithm]
	if !ok {
		return nil, fmt.Errorf("%w: %s: unknown algorithm %q (hmac-sha1, -sha224, -sha256, -sha384 or -sha512)",
			ErrKey, name, strings.TrimSuffix(algorithm, "."))
	}
	octets, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(secret), ""))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: the secret is not base64", ErrKey, name)
	}
	if len(octets) == 0 {
		return nil, fmt.Errorf("%w: %s: the secret is empty", ErrKey, name)
	}
	return &Key{
		Name:      owner.AppendLower(nil, wire),
		Algorithm: strings.TrimSuffix(algorithm, "."),
		algorithm: owner.MustParse(algorithm),
		mac:       func() hash.Hash { return hmac.New(newHash, octets) },
	}, nil
}

// String is name and algorithm, without the secret.
func (k Key) String() string { return k.Name.String() + " (" + k.Algorithm + ")" }

// Format prints the key as String does, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }
