package secondaryplus

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

// asksExpire says whether a query has the EXPIRE option (RFC 7314 §2).
func asksExpire(o *dns.OPT) bool {
	if o == nil {
		return false
	}
	for _, option := range o.Option {
		if option.Option() == dns.EDNS0EXPIRE {
			return true
		}
	}
	return false
}

// leaseLeft is for how many seconds more a zone may be answered without another proof from a primary: what a
// secondary below us takes for its own EXPIRE, so that a chain of secondaries expires together.
func leaseLeft(z *refresh.Zone, now time.Time) uint32 {
	left := z.Lease().Expire.Sub(now) / time.Second
	return uint32(min(max(left, 0), math.MaxUint32))
}

// option is the OPT record of a transfer in wire form (RFC 6891 §6.1.2), if the query has one.
func (t *outgoingTransfer) option(z *refresh.Zone) []byte {
	o := t.r.IsEdns0()
	if o == nil {
		return nil
	}
	const answersDNSSEC = 0x80
	flags := byte(0)
	if o.Do() {
		flags = answersDNSSEC
	}
	opt := append([]byte{0}, 0, byte(dns.TypeOPT))
	opt = binary.BigEndian.AppendUint16(opt, o.UDPSize())
	opt = append(opt, 0, 0, flags, 0)
	if !asksExpire(o) {
		return append(opt, 0, 0)
	}
	opt = append(opt, 0, 8, 0, dns.EDNS0EXPIRE, 0, 4)
	return binary.BigEndian.AppendUint32(opt, leaseLeft(z, time.Now()))
}
