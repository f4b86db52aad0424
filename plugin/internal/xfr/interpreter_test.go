package xfr

import (
	"errors"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// wholeCases are replies to an AXFR query. events is what is said until the end, or until the error.
var wholeCases = []struct {
	name     string
	messages []string
	events   string
	err      string // "" when the reply is complete
}{
	{"13 a zone in one message",
		[]string{"SOA 5 | NS | www A 192.0.2.1 | SOA 5"},
		"Replace 5, Add @ NS ns.example.org., Add www A 192.0.2.1, Finished 5", ""},
	{"16 one_by_one: a record a message",
		[]string{"SOA 5", "NS", "www A 192.0.2.1", "SOA 5"},
		"Replace 5, Add @ NS ns.example.org., Add www A 192.0.2.1, Finished 5", ""},
	{"16 records of an RRset far from each other",
		[]string{"SOA 5 | www A 192.0.2.1", "NS | www A 192.0.2.2 | SOA 5"},
		"Replace 5, Add www A 192.0.2.1, Add @ NS ns.example.org., Add www A 192.0.2.2, Finished 5", ""},
	{"17 duplicates are told twice, and for the Txn to ignore",
		[]string{"SOA 5 | NS | NS | SOA 5"},
		"Replace 5, Add @ NS ns.example.org., Add @ NS ns.example.org., Finished 5", ""},
	{"22 23 occluded names and glue are kept",
		[]string{"SOA 5 | sub NS ns.sub | ns.sub A 192.0.2.1 | sub TXT hidden | SOA 5"},
		"Replace 5, Add sub NS ns.sub.example.org., Add ns.sub A 192.0.2.1, Add sub TXT \"hidden\", Finished 5", ""},
	{"24 outofzone_axfr: records of other zones are dropped",
		[]string{"SOA 5 | NS | www.example.net. A 192.0.2.1 | org. NS ns | SOA 5"},
		"Replace 5, Add @ NS ns.example.org., Finished 5", ""},
	{"24 records of another class are dropped",
		[]string{"SOA 5 | NS | www CH A 192.0.2.1 | www HS TXT x | SOA 5"},
		"Replace 5, Add @ NS ns.example.org., Finished 5", ""},
	{"25 the case of owner and RDATA is kept",
		[]string{"SOA 5 | WwW CNAME TarGet | SOA 5"},
		"Replace 5, Add WwW CNAME TarGet.example.org., Finished 5", ""},
	{"26 an unknown type is opaque",
		[]string{"SOA 5 | x TYPE65280 \\# 3 c00c00 | SOA 5"},
		"Replace 5, Add x TYPE65280 \\# 3 c00c00, Finished 5", ""},
	{"an empty message in between says nothing",
		[]string{"SOA 5", "", "SOA 5"}, "Replace 5, Finished 5", ""},
	{"D3 SOA and SOA is the form of a zone; that it has no NS is for the caller to see",
		[]string{"SOA 5 | SOA 5"}, "Replace 5, Finished 5", ""},
	{"13 the first record is not an SOA",
		[]string{"NS | SOA 5 | SOA 5"}, "", "the first record is example.org. NS, not the SOA"},
	{"D4 the first SOA is that of another zone",
		[]string{"example.net. SOA ns h 5 1 1 1 1 | NS"}, "", "SOA of example.net."},
	{"an SOA below the apex",
		[]string{"SOA 5 | sub SOA ns h 5 1 1 1 1 | SOA 5"}, "Replace 5", "SOA of sub.example.org."},
	{"an SOA of class CH",
		[]string{"@ CH SOA ns h 5 1 1 1 1"}, "", "SOA of class CH"},
	{"15 axfr_mid_soa: another SOA in between",
		[]string{"SOA 5 | NS | SOA 6 | www A 192.0.2.1 | SOA 5"},
		"Replace 5, Add @ NS ns.example.org.", "an SOA with serial 6 within the zone of serial 5"},
	{"14 D5 the last SOA differs in a timer",
		[]string{"SOA 5 | NS", "@ SOA ns hostmaster 5 3601 600 86400 300"},
		"Replace 5, Add @ NS ns.example.org.", "an SOA with serial 5 within the zone of serial 5"},
	{"D5 a message that ends in another SOA does not end the zone",
		[]string{"SOA 5 | NS | SOA 4"}, "Replace 5, Add @ NS ns.example.org.", "an SOA with serial 4"},
	{"records behind the final SOA",
		[]string{"SOA 5 | NS | SOA 5 | www A 192.0.2.1"},
		"Replace 5, Add @ NS ns.example.org., Finished 5", "records after the final SOA"},
	{"a question type as a record",
		[]string{"SOA 5 | x TYPE255 \\# 0 | SOA 5"}, "Replace 5", "is no data"},
	{"nothing in the first message",
		[]string{""}, "", "NOERROR without an answer"},
	{"cut off before the final SOA",
		[]string{"SOA 5 | NS"}, "Replace 5, Add @ NS ns.example.org.", "ends before its final SOA"},
}

func TestWhole(t *testing.T) {
	for _, c := range wholeCases {
		t.Run(c.name, func(t *testing.T) {
			q := Query{ID: testID, Apex: apex, Type: dns.TypeAXFR}
			check(t, q, messages(t, testID, dns.TypeAXFR, c.messages...), c.events, c.err, ErrMalformed)
		})
	}
}

// deltaCases are replies to an IXFR query from serial 3.
var deltaCases = []struct {
	name     string
	messages []string
	events   string
	err      string
	is       error
}{
	{"39 one SOA of our serial", []string{"SOA 3"}, "Current 3", "", nil},
	{"39 outdated_primary: one older SOA", []string{"SOA 2"}, "Older 2", "", nil},
	{"2 one SOA exactly 2^31 away", []string{"SOA 2147483651"}, "Older 2147483651", "", nil},
	{"40 one newer SOA and nothing more", []string{"SOA 4"}, "AskAXFR 4", "", nil},
	{"a whole zone of our serial needs no second look", []string{"SOA 3 | NS | SOA 3"}, "Current 3", "", nil},
	{"41 axfr_style: the whole zone", []string{"SOA 4 | NS | SOA 4"},
		"Replace 4, Add @ NS ns.example.org., Finished 4", "", nil},
	{"41 47 axfr_style after a lone first SOA", []string{"SOA 4", "NS", "SOA 4"},
		"Replace 4, Add @ NS ns.example.org., Finished 4", "", nil},
	{"D3 axfr_style of an SOA alone", []string{"SOA 4 | SOA 4"}, "Replace 4, Finished 4", "", nil},
	{"42 one delta", []string{"SOA 4 | SOA 3 | a A 192.0.2.1 | SOA 4 | a A 192.0.2.2 | SOA 4"},
		"BeginDelete 3, Delete a A 192.0.2.1, BeginAdd 4, Add a A 192.0.2.2, Finished 4", "", nil},
	{"47 a lone first SOA, then a record a message",
		[]string{"SOA 4", "SOA 3", "a A 192.0.2.1", "SOA 4", "a A 192.0.2.2", "SOA 4"},
		"BeginDelete 3, Delete a A 192.0.2.1, BeginAdd 4, Add a A 192.0.2.2, Finished 4", "", nil},
	{"42 45 deltas oldest first",
		[]string{"SOA 5 | SOA 3 | SOA 4 | a A 192.0.2.1 | SOA 4 | a A 192.0.2.1 | SOA 5 | SOA 5"},
		"BeginDelete 3, BeginAdd 4, Add a A 192.0.2.1, BeginDelete 4, Delete a A 192.0.2.1, BeginAdd 5, Finished 5",
		"", nil},
	{"increment_soa_only", []string{"SOA 4 | SOA 3 | SOA 4 | SOA 4"},
		"BeginDelete 3, BeginAdd 4, Finished 4", "", nil},
	{"24 changes outside of the zone are dropped",
		[]string{"SOA 4 | SOA 3 | x.example.net. A 192.0.2.1 | SOA 4 | y.example.net. A 192.0.2.1 | SOA 4"},
		"BeginDelete 3, BeginAdd 4, Finished 4", "", nil},
	{"31 ixfr_outsync: the first delta starts elsewhere", []string{"SOA 4 | SOA 2 | SOA 4 | SOA 4"},
		"", "a delta from serial 2 where 3 is", ErrDoesNotApply},
	{"inconsistent_history: the second delta starts elsewhere",
		[]string{"SOA 6 | SOA 3 | SOA 4 | SOA 5 | SOA 6 | SOA 6"},
		"BeginDelete 3, BeginAdd 4", "a delta from serial 5 where 4 is", ErrDoesNotApply},
	{"ixfr_duplicate_serial: a delta that goes nowhere", []string{"SOA 4 | SOA 3 | SOA 3 | SOA 4"},
		"BeginDelete 3", "a delta from serial 3 to 3", ErrDoesNotApply},
	{"a delta back in time", []string{"SOA 4 | SOA 3 | SOA 2 | SOA 2"},
		"BeginDelete 3", "a delta from serial 3 to 2", ErrDoesNotApply},
	{"a delta beyond the end", []string{"SOA 4 | SOA 3 | SOA 5 | SOA 5"},
		"BeginDelete 3", "beyond 4", ErrDoesNotApply},
	{"an end that is not the first SOA", []string{"SOA 4 | SOA 3 | SOA 4 | SOA 5"},
		"BeginDelete 3, BeginAdd 4", "serial 5 where the reply should end at 4", ErrDoesNotApply},
	{"an end that is reached with another SOA of its serial",
		[]string{"SOA 4 | SOA 3 | @ SOA other h 4 1 1 1 1 | SOA 4"},
		"BeginDelete 3", "two SOAs of serial 4", ErrDoesNotApply},
	{"ixfr_badformat: it starts with no SOA", []string{"NS"}, "", "the first record is", ErrMalformed},
	{"records behind the final SOA", []string{"SOA 4 | SOA 3 | SOA 4 | SOA 4 | NS"},
		"BeginDelete 3, BeginAdd 4, Finished 4", "records after the final SOA", ErrMalformed},
	{"cut off in a delta", []string{"SOA 4 | SOA 3 | SOA 4"},
		"BeginDelete 3, BeginAdd 4", "ends before its final SOA", ErrMalformed},
}

func TestDeltas(t *testing.T) {
	for _, c := range deltaCases {
		t.Run(c.name, func(t *testing.T) {
			q := Query{ID: testID, Apex: apex, Type: dns.TypeIXFR, Have: 3}
			check(t, q, messages(t, testID, dns.TypeIXFR, c.messages...), c.events, c.err, c.is)
		})
	}
}

// TestDeltasAroundTheWrap is drill 30 and line 3 of the checklist.
func TestDeltasAroundTheWrap(t *testing.T) {
	q := Query{ID: testID, Apex: apex, Type: dns.TypeIXFR, Have: serial.Serial(1<<32 - 1)}
	m := messages(t, testID, dns.TypeIXFR, "SOA 1 | SOA 4294967295 | SOA 1 | a A 192.0.2.1 | SOA 1")
	check(t, q, m, "BeginDelete 4294967295, BeginAdd 1, Add a A 192.0.2.1, Finished 1", "", nil)
}

// check feeds messages until done or an error, then closes.
func check(t *testing.T, q Query, list [][]byte, events, text string, is error) {
	t.Helper()
	var said recorder
	i := NewInterpreter(q)
	err := feed(i, list, said.emit)
	if said.String() != events {
		t.Errorf("said %s\nwant %s", said.String(), events)
	}
	if text == "" {
		if err != nil {
			t.Errorf("error %v", err)
		}
		return
	}
	if err == nil || !strings.Contains(err.Error(), text) || !errors.Is(err, is) {
		t.Errorf("error %v, want %q and %v", err, text, is)
	}
}

func feed(i *Interpreter, list [][]byte, emit func(Event) error) error {
	for n, m := range list {
		done, err := i.Feed(m, emit)
		if err != nil {
			return err
		}
		if done && n != len(list)-1 {
			return errors.New("done too early")
		}
		if done {
			return nil
		}
	}
	return i.Close(emit)
}

func TestDroppedRecordsAreCounted(t *testing.T) {
	i := NewInterpreter(Query{ID: testID, Apex: apex, Type: dns.TypeAXFR})
	var said recorder
	list := messages(t, testID, dns.TypeAXFR, "SOA 5 | NS | x.example.net. A 192.0.2.1 | a CH A 192.0.2.1", "SOA 5")
	if err := feed(i, list, said.emit); err != nil {
		t.Fatal(err)
	}
	if got, want := i.Counts(), (Counts{Messages: 2, Records: 5, Dropped: 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestAnErrorOfTheReceiverEndsTheReading(t *testing.T) {
	full := errors.New("full")
	i := NewInterpreter(Query{ID: testID, Apex: apex, Type: dns.TypeAXFR})
	_, err := i.Feed(messages(t, testID, dns.TypeAXFR, "SOA 5 | NS")[0], func(e Event) error {
		if e.Kind == Add {
			return full
		}
		return nil
	})
	if !errors.Is(err, full) {
		t.Error(err)
	}
}

func TestRDATAOfAnIllegalLengthIsMalformed(t *testing.T) {
	m := replyMsg(t, testID, dns.TypeAXFR, "SOA 5")
	m.Answer = append(m.Answer, &dns.RFC3597{Hdr: dns.RR_Header{Name: "x.example.org.", Rrtype: 1, Class: 1}, Rdata: "c00002"})
	check(t, Query{ID: testID, Apex: apex, Type: dns.TypeAXFR}, [][]byte{pack(t, m)},
		"Replace 5", "RDATA of x.example.org. A", ErrMalformed)
}
