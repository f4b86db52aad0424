package owner

import "github.com/miekg/dns"

// AppendText appends the name that s is the presentation form of. ok is false, and dst returned as it was, when
// there is none.
func AppendText(dst []byte, s string) (name []byte, ok bool) {
	if name, ok = appendPlain(dst, s); ok {
		return name, true
	}
	var room [MaxName + 1]byte
	n, err := dns.PackDomainName(dns.Fqdn(s), room[:], 0, nil, false)
	if err != nil || n > MaxName {
		return dst, false
	}
	return append(dst, room[:n]...), true
}

// appendPlain does it for names without escapes: those are most.
func appendPlain(dst []byte, s string) (name []byte, ok bool) {
	if len(s) < 2 || len(s) >= MaxName || s[len(s)-1] != '.' {
		return dst, false
	}
	name = append(dst, 0)
	at := len(dst) // of the length of the label at hand
	for i := range len(s) {
		switch b := s[i]; b {
		case '\\':
			return dst, false
		case '.':
			length := len(name) - at - 1
			if length == 0 || length > MaxLabel {
				return dst, false
			}
			name[at] = byte(length)
			at = len(name)
			name = append(name, 0)
		default:
			name = append(name, b)
		}
	}
	return name, true
}
