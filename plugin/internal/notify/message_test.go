package notify

import (
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

const secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0IQ=="

func TestTheMessageIsThatOfRFC1996(t *testing.T) {
	apex := owner.MustParse("Example.ORG.")
	msg, _ := compose(4711, apex, soa(apex, 42), nil, time.Now())
	m := new(dns.Msg)
	if err := m.Unpack(msg); err != nil {
		t.Fatal(err)
	}
	want := new(dns.Msg)
	want.SetNotify("Example.ORG.")
	want.Id = 4711
	want.Answer = []dns.RR{&dns.SOA{
		Hdr: dns.RR_Header{Name: "Example.ORG.", Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: 60, Rdlength: 22},
		Ns:  ".", Mbox: ".", Serial: 42,
	}}
	if m.String() != want.String() {
		t.Errorf("%s\nwant\n%s", m, want)
	}
}

func TestASignedMessageVerifies(t *testing.T) {
	key, err := xfr.NewKey("k.example.", "hmac-sha512", secret)
	if err != nil {
		t.Fatal(err)
	}
	apex := owner.MustParse("example.org.")
	msg, _ := compose(1, apex, soa(apex, 42), key, time.Now())
	if err := dns.TsigVerify(msg, secret, "", false); err != nil {
		t.Error(err)
	}
}

func TestTheSOAIsLeftOutWhereItDoesNotFit(t *testing.T) {
	long := strings.Repeat(strings.Repeat("a", 63)+".", 3)
	apex := owner.MustParse(long)
	rr := soa(apex, 1)
	for _, c := range []struct {
		key     string
		answers int
	}{{"k.", 1}, {long, 0}} {
		key, err := xfr.NewKey(c.key, "hmac-sha512", secret)
		if err != nil {
			t.Fatal(err)
		}
		octets, _ := compose(1, apex, rr, key, time.Now())
		m := new(dns.Msg)
		if err := m.Unpack(octets); err != nil || len(m.Answer) != c.answers || len(octets) > maxUDP {
			t.Errorf("%d octets, %d answers, %v", len(octets), len(m.Answer), err)
		}
		if err := dns.TsigVerify(octets, secret, "", false); err != nil {
			t.Error(err)
		}
	}
}

// FuzzJudge reads answers that may be anything. What is taken for one must be a response to a NOTIFY.
func FuzzJudge(f *testing.F) {
	apex := owner.MustParse("example.org.")
	m := new(dns.Msg)
	m.SetNotify("example.org.")
	m.Response = true
	plain, _ := m.Pack()
	m.SetTsig("k.", dns.HmacSHA256, 300, time.Now().Unix())
	signed, _, err := dns.TsigGenerate(m, secret, "", false)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{plain, signed, plain[:12], plain[:20], nil} {
		f.Add(seed)
	}
	key, err := xfr.NewKey("k.", "", secret)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		if len(msg) < headerLen {
			return
		}
		if _, err := judge(msg, apex, new(xfr.Verifier), time.Now()); err == nil && (msg[2]&0xF8 != 0xA0 || msg[4] != 0 || msg[5] > 1) {
			t.Errorf("taken for an answer: %x", msg)
		}
		_, v := compose(1, apex, soa(apex, 1), key, time.Now())
		if _, err := judge(msg, apex, v, time.Now()); err == nil {
			t.Errorf("taken for a signed answer: %x", msg)
		}
	})
}
