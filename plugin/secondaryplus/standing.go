package secondaryplus

import (
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

// Standing is how the zone is answered that a query's name is in; ok is false if it is in none of p's.
func (p *Plugin) Standing(qname string, qtype uint16) (s refresh.Standing, ok bool) {
	var room, lower [owner.MaxName]byte
	name, ok := owner.AppendText(room[:0], qname)
	if !ok {
		return s, false
	}
	z := p.match(owner.AppendLower(lower[:0], owner.Name(name)), qtype)
	if z == nil {
		return s, false
	}
	s.Apex, s.Valid, s.Held = z.apex, z.member.source().state == stateServing, z.zone().Held() != nil
	if v := z.zone().Current(); v != nil {
		s.Loaded, s.Serial = true, v.Serial()
	}
	return s, true
}
