package xfr

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync"
	"time"
)

// An ownCertificate is shown to primaries. Certificates are renewed while a process runs, so that the files
// are looked at in every handshake, and read again when they are others.
type ownCertificate struct {
	files [2]string // certificate and key

	mu     sync.Mutex
	seen   [2]os.FileInfo // of what was read
	cert   *tls.Certificate
	digest [sha256.Size]byte // of the certificate
}

func newOwnCertificate(certFile, keyFile string) (*ownCertificate, error) {
	o := &ownCertificate{files: [2]string{certFile, keyFile}}
	if err := o.read(); err != nil {
		return nil, err
	}
	return o, nil
}

// read reads the files if they have changed since. After an error all is as before.
func (o *ownCertificate) read() error {
	var now [2]os.FileInfo
	changed := false
	for i, file := range o.files {
		// The look comes first: a change while the files are read is seen the next time.
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		now[i], changed = info, changed || !sameFile(info, o.seen[i])
	}
	if !changed {
		return nil
	}
	cert, err := tls.LoadX509KeyPair(o.files[0], o.files[1])
	if err != nil {
		return fmt.Errorf("%s and %s: %w", o.files[0], o.files[1], err)
	}
	o.seen, o.cert, o.digest = now, &cert, sha256.Sum256(cert.Certificate[0])
	return nil
}

func sameFile(a, b os.FileInfo) bool {
	return b != nil && os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

// get is for tls.Config. While the files are unusable, for they are not replaced at one moment, the
// certificate that was read before goes on; that is over when it has expired.
func (o *ownCertificate) get(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.read(); err != nil && expired(o.cert.Leaf, time.Now()) {
		return nil, fmt.Errorf("our certificate has expired, and cannot be read again: %w", err)
	}
	return o.cert, nil
}

func expired(c *x509.Certificate, now time.Time) bool { return now.After(c.NotAfter) }

// same says whether two are the same files with the same certificate in them.
func (o *ownCertificate) same(other *ownCertificate) bool {
	if o == nil || other == nil {
		return o == other
	}
	return o.files == other.files && o.current() == other.current()
}

// shown is the digest of the certificate that the next handshake shows; zero: none.
func (t *TLS) shown() [sha256.Size]byte {
	if t == nil || t.own == nil {
		return [sha256.Size]byte{}
	}
	_, _ = t.own.get(nil) // an error is the handshake's
	return t.own.current()
}

func (o *ownCertificate) current() [sha256.Size]byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.digest
}
