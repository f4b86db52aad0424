package oracle

import (
	"testing"

	"github.com/miekg/dns"
)

func reply(t *testing.T, rcode int, answer ...string) *Answer {
	t.Helper()
	m := new(dns.Msg)
	m.Rcode, m.Authoritative = rcode, true
	for _, text := range answer {
		rr, err := dns.NewRR(text)
		if err != nil {
			t.Fatal(err)
		}
		m.Answer = append(m.Answer, rr)
	}
	return normalise(m)
}

func TestVerdict(t *testing.T) {
	a := reply(t, dns.RcodeSuccess, "x.test. 60 A 192.0.2.1", "x.test. 60 A 192.0.2.2")
	turned := reply(t, dns.RcodeSuccess, "X.test. 60 A 192.0.2.2", "x.TEST. 60 A 192.0.2.1")
	ttl := reply(t, dns.RcodeSuccess, "x.test. 61 A 192.0.2.1", "x.test. 61 A 192.0.2.2")
	nx := reply(t, dns.RcodeNameError)
	silent := &Answer{Problem: "no answer: i/o timeout"}
	for name, c := range map[string]struct {
		ours  *Answer
		peers []*Answer
		want  string
	}{
		"order and case of owners do not count":     {turned, []*Answer{a, a, nx}, ""},
		"a TTL counts":                              {ttl, []*Answer{a, a, a}, "answer"},
		"two that agree bind, whoever they are":     {nx, []*Answer{a, nx, a}, "rcode"},
		"where no two agree any one will do":        {nx, []*Answer{a, ttl, nx}, ""},
		"where no two agree ours is not a fourth":   {silent, []*Answer{a, ttl, nx}, "no answer"},
		"the nearest of three names the difference": {reply(t, dns.RcodeSuccess), []*Answer{nx, a, ttl}, "answer"},
		"a peer without the zone has no voice":      {a, []*Answer{nil, nx, nx}, "rcode"},
		"two peers that differ bind to neither":     {a, []*Answer{nil, nx, a}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := (&Case{Ours: c.ours, Peers: c.peers}).verdict()
			if got != c.want {
				t.Errorf("verdict %q, want %q", got, c.want)
			}
		})
	}
}

func TestChoicesAreFewAndDefended(t *testing.T) {
	if len(choices) >= 10 {
		t.Errorf("%d choices", len(choices))
	}
	for _, x := range choices {
		if x.name == "" || x.defence == "" || x.rfc == "" || x.applies == nil {
			t.Errorf("choice %q lacks something", x.name)
		}
	}
}

func TestMisspelt(t *testing.T) {
	z := &Zone{Name: "test."}
	z.forget()
	if err := z.hold("www.test. 60 HTTPS 1 WwW.SvC.test. alpn=h2"); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{
		"WwW.test. 60 HTTPS 1 WwW.SvC.test. alpn=h2": 1,
		"www.test. 60 HTTPS 1 WwW.SvC.test. alpn=h2": 0,
		"x.test. 60 HTTPS 1 WWW.SVC.test. alpn=h2":   0, // not there
		"www.test. 60 HTTPS 1 www.svc.test. alpn=h2": 1,
	} {
		if got := len(z.misspelt(reply(t, dns.RcodeSuccess, text))); got != want {
			t.Errorf("%s: %d records misspelt, want %d", text, got, want)
		}
	}
}

// hold adds a record to what the zone is known to spell.
func (z *Zone) hold(text string) error {
	rr, err := dns.NewRR(text)
	if err != nil {
		return err
	}
	z.remember(rr)
	return nil
}
