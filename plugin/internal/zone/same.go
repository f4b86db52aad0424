package zone

import "bytes"

// SameRecords says whether two RRsets have the same records, octet by octet, with the same TTL. The RRSIGs over them do
// not matter.
func (s RRset) SameRecords(o RRset) bool {
	return s.count == o.count && s.TTL == o.TTL && bytes.Equal(s.data, o.data)
}
