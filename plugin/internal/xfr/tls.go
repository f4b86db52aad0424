package xfr

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// TLS is how primaries are spoken to over TLS (RFC 9103), and never otherwise. The zero TLS demands a
// certificate that the system's authorities vouch for and that bears the primary's address. It is not
// changed after its first use.
type TLS struct {
	name      string // that the certificate must bear; empty: the primary's address
	pins      []Pin
	roots     *x509.CertPool // nil: the system's
	authority [sha256.Size]byte
	own       *ownCertificate // nil: none
}

// Pin is the SHA-256 of a SubjectPublicKeyInfo (RFC 7858 §4.2).
type Pin [sha256.Size]byte

// String is the pin in base64.
func (p Pin) String() string { return base64.StdEncoding.EncodeToString(p[:]) }

func pinOf(c *x509.Certificate) Pin { return sha256.Sum256(c.RawSubjectPublicKeyInfo) }

// SetName sets the name, or the address, that the certificate must bear in place of the primary's address.
// It is also sent to the primary, unless it is an address (RFC 6066 §3).
func (t *TLS) SetName(name string) { t.name = strings.TrimSuffix(name, ".") }

// AddPin demands that one of the pins that were added matches, see verify.
func (t *TLS) AddPin(text string) error {
	octets, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(octets) != len(Pin{}) {
		return fmt.Errorf("%q is not the SHA-256 of a public key in base64", text)
	}
	t.pins = append(t.pins, Pin(octets))
	return nil
}

// ReadAuthorities takes those who may vouch for a primary from a PEM file, instead of the system's.
func (t *TLS) ReadAuthorities(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	t.roots, t.authority = x509.NewCertPool(), sha256.Sum256(text)
	if !t.roots.AppendCertsFromPEM(text) {
		return fmt.Errorf("%s holds no certificate", file)
	}
	return nil
}

// ReadCertificate takes the certificate that is shown to primaries, and its key, from PEM files. They are
// read again when they have changed.
func (t *TLS) ReadCertificate(certFile, keyFile string) (err error) {
	t.own, err = newOwnCertificate(certFile, keyFile)
	return err
}

// Same says whether two configurations, and the files that they name, are the same. nil is clear text.
func (t *TLS) Same(o *TLS) bool {
	if t == nil || o == nil {
		return t == o
	}
	return t.name == o.name && slices.Equal(t.pins, o.pins) && (t.roots == nil) == (o.roots == nil) &&
		t.authority == o.authority && t.own.same(o.own)
}

// handshake speaks TLS as a client; RFC 9103 §7: at least 1.3, and ALPN "dot" is offered.
func (t *TLS) handshake(ctx context.Context, conn net.Conn, addr netip.Addr) (net.Conn, error) {
	name := t.name
	if name == "" {
		name = addr.Unmap().WithZone("").String()
	}
	config := &tls.Config{
		MinVersion: tls.VersionTLS13,
		NextProtos: []string{"dot"}, // crypto/tls refuses a server that selects what was not offered
		ServerName: name,
		RootCAs:    t.roots,
		// Pins without an authority stand in its place: verify is all there is to check then.
		InsecureSkipVerify: len(t.pins) > 0 && t.roots == nil,
		VerifyConnection:   t.verify,
	}
	if t.own != nil {
		config.GetClientCertificate = t.own.get
	}
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, &wrapped{errTLS, told(err)}
	}
	return secured, nil
}

// verify checks the pins. With an authority, any certificate of the chain that it vouches for may match
// (RFC 7858 §4.2). Without one, nothing proves that the certificates behind the first are more than copies
// of somebody's: only the first counts, whose key has just been used.
func (t *TLS) verify(s tls.ConnectionState) error {
	if len(t.pins) == 0 {
		return nil
	}
	chains := s.VerifiedChains
	if t.roots == nil {
		chains = [][]*x509.Certificate{s.PeerCertificates[:1]}
	}
	for _, chain := range chains {
		for _, c := range chain {
			if slices.Contains(t.pins, pinOf(c)) {
				return nil
			}
		}
	}
	return fmt.Errorf("no pin matches; the primary's key has the pin %s", pinOf(s.PeerCertificates[0]))
}

var errTLS = errors.New("TLS")

// alert is how crypto/tls marks an alert from the other side.
const alert = "remote error"

// told is the reason in an error of the handshake, or of the first read after it: the primary may end it
// that late, for what it says of our certificate comes after our side is done (RFC 8446 §4.4.2.4).
func told(err error) error {
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) {
		return untrusted.Err
	}
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != alert {
		return err
	}
	reason := strings.TrimPrefix(op.Err.Error(), "tls: ")
	if reason == "protocol version not supported" {
		reason += ": it does not speak TLS 1.3"
	}
	return errors.New("the primary says: " + reason)
}
