package zonefile

import (
	"errors"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/rdata"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

const (
	fixed         = 10 // a record's type, class, TTL and RDLENGTH (RFC 1035 §4.1.3)
	longestRecord = owner.MaxName + fixed + dns.MaxMsgSize
)

// A Builder makes a version of records as the dns package has them. It is used by one goroutine.
type Builder struct {
	apex owner.Name
	txn  *zone.Txn
	wire []byte // the record in wire form
	data []byte // its RDATA
}

// Replace begins the whole content of a zone, which takes the place of base; base may be nil: see zone.Replace.
func Replace(apex owner.Name, base *zone.Version) *Builder {
	return &Builder{apex: apex, txn: zone.Replace(apex, base), wire: make([]byte, longestRecord)}
}

// What no zone may contain, whatever else a zone file may.
var (
	errClass   = errors.New("not of class IN")
	errNoData  = errors.New("this type is never data")
	errSOAElse = errors.New("an SOA that is not at the apex")
)

// Add puts a record in, in the form in which a transfer would bring it. It does not keep rr, but the dns package writes
// its Rdlength: a record that others read must be a copy. Errors are those of zone.Txn, and what is no data of a zone.
func (b *Builder) Add(rr dns.RR) error {
	end, err := dns.PackRR(rr, b.wire, 0, nil, false)
	if err != nil {
		return err
	}
	n, err := owner.Len(b.wire)
	if err != nil {
		return err
	}
	hdr, name := rr.Header(), owner.Name(b.wire[:n])
	switch {
	case hdr.Class != dns.ClassINET:
		return errClass
	case hdr.Rrtype == 0 || hdr.Rrtype == dns.TypeOPT || 128 <= hdr.Rrtype && hdr.Rrtype <= 255:
		return errNoData // RFC 6895 §3.1
	case hdr.Rrtype == dns.TypeSOA && !owner.Equal(name, b.apex):
		return errSOAElse
	}
	if b.data, err = rdata.Expand(b.data[:0], b.wire, n+fixed, end-n-fixed, hdr.Rrtype); err != nil {
		return err
	}
	return b.txn.Add(zone.RR{Owner: name, Type: hdr.Rrtype, TTL: hdr.Ttl, Data: b.data})
}

// Commit makes the version, and the Delta from the base to it: see zone.Txn.Commit.
func (b *Builder) Commit() (*zone.Version, *zone.Delta, error) { return b.txn.Commit() }

// Close ends what is not to be committed. It may be called at any time.
func (b *Builder) Close() { b.txn.Close() }
