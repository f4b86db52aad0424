package nswatch

import (
	"testing"

	"github.com/miekg/dns"
)

func TestSetsAreEqualForEqualRecords(t *testing.T) {
	v := version(t, "example.org. 60 MX 10 Mail.example.org.", "example.org. 60 MX 20 b.example.org.", "www.example.org. 60 A 192.0.2.1")
	mx := Question{apex, dns.TypeMX}
	here := VersionSets(v, []Question{mx, {"none.example.org.", dns.TypeA}, {apex, dns.TypeSOA}}, false)
	if here[Question{"none.example.org.", dns.TypeA}] != "" {
		t.Error("a name that is not there has records")
	}
	for name, c := range map[string]struct {
		answer []string
		same   bool
	}{
		"another order, case and TTL": {[]string{"EXAMPLE.org. 5 MX 20 B.example.org.", "example.org. 5 MX 10 mail.EXAMPLE.org."}, true},
		"one twice":                   {[]string{"example.org. 5 MX 20 b.example.org.", "example.org. 5 MX 20 b.example.org.", "example.org. 5 MX 10 mail.example.org."}, true},
		"one missing":                 {[]string{"example.org. 5 MX 20 b.example.org."}, false},
		"another":                     {[]string{"example.org. 5 MX 20 b.example.org.", "example.org. 5 MX 11 mail.example.org."}, false},
		"a record of another name":    {[]string{"x.example.org. 5 MX 20 b.example.org.", "example.org. 5 MX 10 mail.example.org."}, false},
		"none":                        {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := new(dns.Msg)
			for _, line := range c.answer {
				m.Answer = append(m.Answer, rr(t, line))
			}
			set, ok := Answered(m, mx, false)
			if !ok || (set == here[mx]) != c.same {
				t.Errorf("%q and %q", set, here[mx])
			}
		})
	}
}

// By content, the serial of an SOA does not count, and all else of it does.
func TestTheSerialDoesNotCountByContent(t *testing.T) {
	soa := Question{apex, dns.TypeSOA}
	set := func(text string, content bool) Set {
		s, _ := Answered(&dns.Msg{Answer: []dns.RR{rr(t, text)}}, soa, content)
		return s
	}
	a, b, c := "example.org. SOA n. h. 7 1 2 3 4", "example.org. SOA n. h. 8 1 2 3 4", "example.org. SOA n. h. 7 1 2 3 5"
	if set(a, true) != set(b, true) || set(a, false) == set(b, false) || set(a, true) == set(c, true) {
		t.Error("they do not compare as they should")
	}
	if got := serialOf(set(b, false)); got != 8 {
		t.Errorf("serial %s", got)
	}
}
