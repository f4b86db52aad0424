package primary_test

import (
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
)

// TestFaults asks with a strict client and compares how that ends: "" is a
// whole transfer, anything else a part of the error. It shows that a fault does
// something, and that allowed oddities are understood.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind   primary.Kind
		faults string
		want   string
	}{
		{primary.AXFR, "refused", "REFUSED"},
		{primary.AXFR, "servfail", "SERVFAIL"},
		{primary.AXFR, "notauth", "NOTAUTH"},
		{primary.AXFR, "notimp", "NOTIMP"},
		{primary.AXFR, "formerr", "FORMERR"},
		{primary.AXFR, "wrong_id", "not the answer"},
		{primary.AXFR, "one_by_one wrong_id_later", "not the answer"},
		{primary.AXFR, "no_qr", "not the answer"},
		{primary.AXFR, "one_by_one servfail_later", "SERVFAIL"},
		{primary.AXFR, "one_by_one no_question_later", ""},
		{primary.AXFR, "no_question", ""},
		{primary.AXFR, "no_final_soa close_after=1", "EOF"},
		{primary.AXFR, "no_first_soa", "begins with"},
		{primary.AXFR, "data_after_end", "after the end"},
		{primary.AXFR, "mid_soa", "after the end"},
		{primary.AXFR, "soa_ends_message mid_soa", ""}, // this client stops there
		{primary.AXFR, "duplicates upper_case reversed unknown_type class_ch", ""},
		{primary.AXFR, "oversize_rr", ""},
		{primary.AXFR, "malformed_rdata", "overflow"},
		{primary.AXFR, "one_by_one close_after=2", "EOF"},
		{primary.AXFR, "one_by_one reset_after=2", "reset by peer"},
		{primary.AXFR, "close", "EOF"},
		{primary.AXFR, "rst_after_end", ""},
		{primary.AXFR, "slow=100000", ""},
		{primary.AXFR, "message_size=200 compression=none", ""},
		{primary.AXFR, "compression=owners", ""},
		{primary.AXFR, "compression=chains", ""},
		{primary.AXFR, "compression=in_rdata", ""},
		{primary.AXFR, "compression=loops", "pointer"},
		{primary.AXFR, "compression=forward", ""}, // see below: only its look counts
		{primary.AXFR, "per_message=5 compression=across_messages", "dns:"},
		{primary.AXFR, "lying_count", ""}, // miekg/dns does not mind
		{primary.AXFR, "lying_length", "overflow"},
		{primary.AXFR, "short_message", "short"},
		{primary.AXFR, "cut_message", "overflow"},
		{primary.IXFR, "lone_soa_first", ""},
		{primary.IXFR, "soa_ends_message", ""},
		{primary.IXFR, "condensed", ""},
		{primary.IXFR, "axfr_style", ""},
		{primary.IXFR, "deletes_absent", ""},
		{primary.IXFR, "adds_present", ""},
		{primary.IXFR, "repeats_sequence", ""},
		{primary.IXFR, "wrong_base broken_chain", ""},
		{primary.SOA, "no_aa", "AA=false"},
		{primary.SOA, "tc", "no SOA"},
		{primary.SOA, "wrong_id", "timeout"},
		{primary.SOA, "silent", "timeout"},
		{primary.SOA, "soa_of_other_owner", "no SOA"},
		{primary.SOA, "cname_at_apex", "no SOA"},
		{primary.SOA, "empty", "no SOA"},
		{primary.SOA, "refused/tcp", ""},
	} {
		t.Run(string(c.kind)+" "+c.faults, func(t *testing.T) {
			t.Parallel()
			p := start(t, nil)
			p.OnNames(t, c.kind, strings.Fields(c.faults)...)
			check(t, c.want, fetch(p, c.kind, nil))
		})
	}
}

// fetch asks as a client that has serial 1.
func fetch(p *primary.Primary, k primary.Kind, key *ask.Key) error {
	var err error
	switch k {
	case primary.AXFR:
		_, err = ask.FetchAXFR(p.Addr(), zone, key)
	case primary.IXFR:
		_, err = ask.FetchIXFR(p.Addr(), zone, 1, key)
	default:
		_, err = ask.Serial(p.Addr(), zone, ask.Timeout(shortly))
	}
	return err
}

func check(t *testing.T, want string, err error) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("error: %v", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("want an error with %q, got: %v", want, err)
	}
}

func TestTSIGFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ faults, want string }{
		{"one_by_one", ""},
		{"one_by_one sign_every=2", ""},
		{"one_by_one sign_every=99", ""},
		{"one_by_one sign_every=100", ""},
		{"one_by_one sign_every=101", "unsigned"},
		{"per_message=7 sign_first", "the last message is unsigned"},
		{"one_by_one sign_last", "unsigned"},
		{"per_message=7 sign_first_last", ""},
		{"per_message=7 sign_first_last altered=1", "bad signature"},
		{"one_by_one altered=1", "bad signature"},
		{"unsigned", "unsigned"},
		{"bad_mac", "bad signature"},
		{"badsig", "NOTAUTH"},
		{"badkey", "NOTAUTH"},
		{"badtime", "NOTAUTH"},
		{"compression=chains", ""},
	} {
		t.Run(c.faults, func(t *testing.T) {
			t.Parallel()
			key := ask.NewKey("k")
			p := start(t, &key)
			p.Publish(t, content(4, 200))
			p.OnNames(t, primary.AXFR, strings.Fields(c.faults)...)
			check(t, c.want, fetch(p, primary.AXFR, &key))
		})
	}
}

func TestTSIGErrorsOfTheServerItself(t *testing.T) {
	t.Parallel()
	key, other := ask.NewKey("k"), ask.NewKey("other")
	wrong := ask.NewKey("k")
	p := start(t, &key)
	for k, want := range map[*ask.Key]int{&other: dns.RcodeBadKey, &wrong: dns.RcodeBadSig} {
		check(t, "NOTAUTH", fetch(p, primary.AXFR, k))
		q := p.WaitQueryThat(t, 1, "query with that error", func(q primary.Query) bool { return q.TSIG == want })
		if q.Key != k.FQDN() {
			t.Errorf("key %s", q.Key)
		}
	}
	p.On(primary.SOA, primary.BadTime(-301))
	m := ask.Ask(t, p.Addr(), zone, dns.TypeSOA, ask.Message(func(m *dns.Msg) {
		m.SetTsig(key.FQDN(), key.Alg(), 300, 1)
		m.Extra = nil
	}))
	if m.Rcode != dns.RcodeNotAuth {
		t.Errorf("unsigned query: %v", m)
	}
	m, _ = ask.Query(p.Addr(), zone, dns.TypeSOA, ask.Signed(key)) // the error is about BADTIME
	if m == nil || m.IsTsig() == nil || m.IsTsig().Error != dns.RcodeBadTime || m.IsTsig().OtherLen != 6 {
		t.Errorf("BADTIME: %v", m)
	}
}

func TestEndlessAndSilentTransfersEndWithTheClient(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	for i, name := range []string{"endless", "hang_after=1", "silent", "slow=1"} {
		p.OnNames(t, primary.AXFR, name)
		if _, err := ask.FetchAXFR(p.Addr(), zone, nil, ask.Timeout(shortly)); name == "hang_after=1" {
			continue // one message is the whole of so small a zone
		} else if err == nil {
			t.Errorf("%s ended", name)
		}
		d := p.WaitDelivery(t, primary.AXFR, i+1)
		if d.Err == nil {
			t.Errorf("%s: %+v", name, d)
		}
		if name == "endless" && d.Messages < 10 {
			t.Errorf("only %d messages", d.Messages)
		}
	}
}

// shortly is long enough for an answer and short enough to wait out.
const shortly = 300 * time.Millisecond
