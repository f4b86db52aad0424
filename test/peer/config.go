package peer

import "github.com/understudy-dns/understudy/test/ask"

// Kind is a name server implementation.
type Kind string

// The implementations that can be started.
const (
	Knot  Kind = "knot" // knotd 3.2
	Named Kind = "bind" // named 9.18
	NSD   Kind = "nsd"  // nsd 4.6
)

// Key is a TSIG key; ask.NewKey makes one.
type Key = ask.Key

// Config is everything a peer is told at its start.
type Config struct {
	// Host is the address that it listens on and sends from: "127.0.0.1" when
	// empty, or "::1", or (not with named) any other in 127.0.0.0/8.
	Host string
	// Port is chosen free (UDP and TCP) when 0.
	Port int
	// Keys are the TSIG keys that Endpoints and Access rules may name.
	Keys []Key
	// Zones are the zones of the server.
	Zones []Zone
	// Minimal is "yes" or "no" for minimal responses (named, nsd); the
	// daemon's default when empty. Knot is always minimal.
	Minimal string
	// TLS makes the server also listen for DNS over TLS (named and nsd).
	TLS *TLS
	// CAFile is the PEM file of those who may vouch for a primary that is
	// asked over TLS.
	CAFile string
	// Extra is added word for word: to the options of named, to the server
	// clause of nsd, and at the top level of knot.conf.
	Extra string
}

// TLS is the certificate of a server for transfers over TLS (RFC 9103).
type TLS struct {
	// CertFile and KeyFile are paths of PEM files.
	CertFile, KeyFile string
	// Port is chosen free when 0; Server.TLSAddr tells it.
	Port int
	// ClientCA, if set, demands a client certificate from it (named only).
	ClientCA string
}

// Endpoint is a server that a zone is fetched from or that is notified.
type Endpoint struct {
	// Addr is "ip:port", as Server.Addr gives it.
	Addr string
	// Key is the name of the TSIG key to sign with, or "".
	Key string
	// TLS, for a primary, asks it over TLS (named and nsd): the name that its
	// certificate must bear. Addr is then the one of its TLS port. The
	// server's own Config.TLS certificate, if any, is shown to it.
	TLS string
}

// Access is one rule of who may do something: an address and, if Key is
// set, a signature. Matching any rule is enough.
type Access struct {
	// Prefix is an address or a prefix; all of loopback when empty.
	Prefix string
	// Key is the name of the TSIG key that is demanded, or "" for unsigned.
	Key string
}

// Zone is one zone of a peer.
type Zone struct {
	// Name is the apex.
	Name string
	// Text is the zone file. For a secondary it may be empty.
	Text string
	// File is a path whose content is copied when Text is empty.
	File string
	// Primaries make the zone a secondary one.
	Primaries []Endpoint
	// Notify are sent NOTIFY when the zone changes.
	Notify []Endpoint
	// AllowTransfer says who may transfer; nil: unsigned from loopback. To
	// forbid all, give an empty list that is not nil.
	AllowTransfer []Access
	// AllowNotify says who may notify a secondary zone; nil: its primaries'
	// addresses with their keys, and whoever is on loopback without one.
	AllowNotify []Access
	// NoIXFR makes the server keep no differences and answer every IXFR query
	// with the whole zone. With named it holds for the whole server.
	NoIXFR bool
	// AXFROnly makes a secondary ask for AXFR only (named and nsd).
	AXFROnly bool
	// Dynamic makes a primary zone of named accept Update; its file is then
	// changed through Update only. Knot accepts Update on every primary zone.
	Dynamic bool
	// Signing makes Knot sign the zone. SetZone's serials then do not matter:
	// Knot counts its own.
	Signing *Signing
	// Extra is added word for word to the zone's clause.
	Extra string
}

// Signing is how Knot signs a zone.
type Signing struct {
	// NSEC3 uses NSEC3 rather than NSEC, with Iterations and SaltLength.
	NSEC3 bool
	// OptOut sets the opt-out flag (RFC 5155 §6).
	OptOut bool
	// Iterations and SaltLength are those of NSEC3; 0 and 0 as RFC 9276 wants.
	Iterations, SaltLength int
	// SingleType signs with one CSK rather than a KSK and a ZSK.
	SingleType bool
	// Manual takes keys made by keymgr at Start instead of automatic ones.
	Manual bool
	// Algorithm is ecdsap256sha256 when empty.
	Algorithm string
	// Extra is added word for word to the policy.
	Extra string
}

func (z Zone) secondary() bool { return len(z.Primaries) > 0 }

// transferRules are the rules with the default filled in.
func (z Zone) transferRules() []Access {
	if z.AllowTransfer == nil {
		return []Access{{}}
	}
	return z.AllowTransfer
}

// notifyRules are the rules with the default filled in.
func (z Zone) notifyRules() []Access {
	if z.AllowNotify != nil {
		return z.AllowNotify
	}
	rules := []Access{{}}
	for _, p := range z.Primaries {
		if p.Key != "" {
			rules = append(rules, Access{Prefix: hostOf(p.Addr), Key: p.Key})
		}
	}
	return rules
}

// loopback are the prefixes that an Access without a prefix stands for.
var loopback = []string{"127.0.0.0/8", "::1/128"}

// prefixes are the addresses that the rule matches.
func (a Access) prefixes() []string {
	if a.Prefix == "" {
		return loopback
	}
	return []string{a.Prefix}
}
