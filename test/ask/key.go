package ask

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Key is a TSIG key.
type Key struct {
	// Name is the key's domain name, with or without the final dot.
	Name string
	// Algorithm is "hmac-sha256" (also when empty), "hmac-sha512", …
	Algorithm string
	// Secret is the shared secret in base64.
	Secret string
}

// NewKey makes a key with a random secret for HMAC-SHA256.
func NewKey(name string) Key {
	secret := make([]byte, 32)
	rand.Read(secret) // never fails: crypto/rand aborts the program instead
	return Key{Name: dns.Fqdn(name), Algorithm: "hmac-sha256", Secret: base64.StdEncoding.EncodeToString(secret)}
}

// FQDN is the key's name in lower case and with its final dot.
func (k Key) FQDN() string { return strings.ToLower(dns.Fqdn(k.Name)) }

// Alg is the algorithm's domain name, as it appears in a TSIG record.
func (k Key) Alg() string {
	if k.Algorithm == "" {
		return dns.HmacSHA256
	}
	return dns.Fqdn(strings.ToLower(k.Algorithm))
}

// sign appends an unfilled TSIG record to m, which the client fills in.
func (k Key) sign(m *dns.Msg) {
	m.SetTsig(k.FQDN(), k.Alg(), 300, time.Now().Unix())
}

// secrets is the key in the form that miekg/dns wants.
func (k Key) secrets() map[string]string { return map[string]string{k.FQDN(): k.Secret} }
