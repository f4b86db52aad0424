package nswatch

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// Server is one address of one nameserver of a zone.
type Server struct {
	Name string // in lower case, with the final dot
	Addr netip.AddrPort
}

// String names the server in logs.
func (s Server) String() string { return fmt.Sprintf("%s (%s)", s.Name, s.Addr) }

// Question is what is asked.
type Question struct {
	Name string // in lower case, with the final dot
	Type uint16
}

// String is the question as in logs.
func (q Question) String() string { return q.Name + " " + dns.Type(q.Type).String() }

// Seen is what one server said in a round. What it did not say is not there.
type Seen struct {
	Server
	UDP, TCP  error         // why it does not answer; nil: it does
	NoRoute   bool          // it is this host that has no way to the address
	RTT       time.Duration // of the first answer over UDP
	Lame      string        // why it is no authority for the zone; empty: it is one
	Serial    serial.Serial // counts if Authority
	Refresh   time.Duration // of its SOA
	Expire    time.Duration // likewise
	Recursion bool          // it offers recursion
	EDNS      bool          // it knows EDNS
	Sets      map[Question]Set
	Signed    *Signed // nil: it was not asked for signatures, or did not answer
}

// Authority says that the server answered for the zone as an authority for it does.
func (s *Seen) Authority() bool { return s.Answers() && s.Lame == "" }

// Answers says that it answered at all, over one of the two transports.
func (s *Seen) Answers() bool { return s.UDP == nil || s.TCP == nil }

// Until is when the first of its signatures expires, and when it began to hold; ok is false if none is known.
func (s *Seen) Until(now time.Time) (first, begun time.Time, ok bool) {
	if s.Signed == nil {
		return first, begun, false
	}
	return s.Signed.until(now)
}

// Signed are the RRsets of the apex with their signatures, as a server gives them.
type Signed struct {
	Keys []*dns.DNSKEY
	Sets [][]dns.RR // DNSKEY, SOA and NS: records of the RRset
	Sigs []*dns.RRSIG
}
