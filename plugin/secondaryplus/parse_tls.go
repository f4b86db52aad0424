package secondaryplus

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// primary reads an address, with or without a port: in clear text, or over TLS as tls://ADDRESS.
func (s *stanza) primary(arg string) (xfr.Primary, error) {
	rest, secured := strings.CutPrefix(arg, "tls://")
	if !secured {
		addr, err := parseAddrPort(arg, dnsPort)
		return xfr.Primary{Addr: addr}, err
	}
	addr, err := parseAddrPort(rest, tlsPort)
	return xfr.Primary{Addr: addr, TLS: s.config.tls}, err
}

// aboutTLS reads the arguments of a property about TLS, and notes the first such property for checkTLS.
func (s *stanza) aboutTLS() (args []string) {
	if s.tlsSays == "" {
		s.tlsSays = fmt.Sprintf("'%s' in line %d", s.Val(), s.Line())
	}
	return s.RemainingArgs()
}

// onceTLS is aboutTLS for a property that cannot be given twice.
func (s *stanza) onceTLS() (args []string, err error) {
	property := s.Val()
	args = s.aboutTLS()
	if slices.Contains(s.tlsOnce, property) {
		return nil, s.Errf("%s is given twice", property)
	}
	s.tlsOnce = append(s.tlsOnce, property)
	return args, nil
}

// tls parses: tls [CERT KEY] [CA].
func (s *stanza) tls() error {
	args, err := s.onceTLS()
	if err != nil {
		return err
	}
	if len(args) > 3 {
		return s.Err("certificates are given as 'tls [CERT KEY] [CA]'")
	}
	for i, path := range args {
		if !filepath.IsAbs(path) {
			args[i] = filepath.Join(s.root, path) // as the stock plugins do
		}
	}
	if len(args)%2 == 1 {
		if err := s.config.tls.ReadAuthorities(args[len(args)-1]); err != nil {
			return s.Errf("tls: %v", err)
		}
	}
	if len(args) >= 2 {
		if err := s.config.tls.ReadCertificate(args[0], args[1]); err != nil {
			return s.Errf("tls: %v", err)
		}
	}
	return nil
}

// tlsServername parses: tls_servername NAME.
func (s *stanza) tlsServername() error {
	args, err := s.onceTLS()
	if err != nil {
		return err
	}
	if len(args) != 1 {
		return s.ArgErr()
	}
	name := args[0]
	_, noAddr := netip.ParseAddr(name)
	if _, ok := dns.IsDomainName(name); noAddr != nil && (!ok || strings.ContainsAny(name, ":/*[]")) {
		return s.Errf("not a host name or an address: '%s'", name)
	}
	s.config.tls.SetName(name)
	return nil
}

// tlsPin parses: tls_pin SHA256...
func (s *stanza) tlsPin() error {
	args := s.aboutTLS()
	if len(args) == 0 {
		return s.ArgErr()
	}
	for _, arg := range args {
		if err := s.config.tls.AddPin(arg); err != nil {
			return s.Errf("tls_pin: %v", err)
		}
	}
	return nil
}

// checkTLS: whoever speaks of TLS believes that it is used.
func (s *stanza) checkTLS() error {
	primaries := s.config.primaries
	for _, g := range s.config.groups {
		primaries = slices.Concat(primaries, g.primaries)
	}
	secured := slices.ContainsFunc(primaries, func(p xfr.Primary) bool { return p.TLS != nil })
	if s.tlsSays == "" || secured {
		return nil
	}
	return s.Errf("%s: no primary is asked over TLS: write 'transfer from tls://ADDRESS'", s.tlsSays)
}
