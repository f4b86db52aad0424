package xfr

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/miekg/dns"
)

const (
	axfr = dns.TypeAXFR
	ixfr = dns.TypeIXFR

	zone3 = "SOA 3 | NS | a A 192.0.2.1"
	zone4 = "SOA 4 | NS | a A 192.0.2.4"
	whole = "SOA 4 | NS | a A 192.0.2.4 | SOA 4"
	delta = "SOA 4 | SOA 3 | a A 192.0.2.1 | SOA 4 | a A 192.0.2.4 | SOA 4"

	shown3 = "SOA 3 | @ NS ns.example.org. | a A 192.0.2.1"
	shown4 = "SOA 4 | @ NS ns.example.org. | a A 192.0.2.4"
)

// fetchCases: have is zone3 unless first says that there is none.
var fetchCases = []struct {
	name    string
	first   bool
	options Options
	on      map[uint16]act
	asked   string
	how     How
	zone    string // "nil" without a Version
	fell    string // in FellBack
	err     error
}{
	{"the first transfer is an AXFR", true, Options{IXFR: true}, map[uint16]act{axfr: say(whole)},
		"AXFR", ByAXFR, shown4, "", nil},
	{"IXFR with our SOA", false, Options{IXFR: true}, map[uint16]act{ixfr: say(delta)},
		"IXFR from 3", ByIXFR, shown4, "", nil},
	{"IXFR switched off", false, Options{}, map[uint16]act{axfr: say(whole)}, "AXFR", ByAXFR, shown4, "", nil},
	{"41 axfr_style", false, Options{IXFR: true}, map[uint16]act{ixfr: say("SOA 4 | NS", "a A 192.0.2.4 | SOA 4")},
		"IXFR from 3", ByWholeIXFR, shown4, "", nil},
	{"47 a lone SOA message first", false, Options{IXFR: true},
		map[uint16]act{ixfr: say("SOA 4", "SOA 3 | a A 192.0.2.1 | SOA 4 | a A 192.0.2.4", "SOA 4")},
		"IXFR from 3", ByIXFR, shown4, "", nil},
	{"39 current", false, Options{IXFR: true}, map[uint16]act{ixfr: say("SOA 3")},
		"IXFR from 3", Unchanged, "nil", "", nil},
	{"current by AXFR, whose rest is not read", false, Options{}, map[uint16]act{axfr: say("SOA 3 | NS")},
		"AXFR", Unchanged, "nil", "", nil},
	{"40 a lone newer SOA and the end", false, Options{IXFR: true},
		map[uint16]act{ixfr: sayThen("SOA 4"), axfr: say(whole)},
		"IXFR from 3, AXFR", ByAXFR, shown4, "newer, to be had by AXFR only", nil},
	{"drill 2: RST after the final SOA", false, Options{}, map[uint16]act{axfr: sayReset(whole)},
		"AXFR", ByAXFR, shown4, "", nil},
	{"46 axfr_fallback on SERVFAIL", false, Options{IXFR: true},
		map[uint16]act{ixfr: fail(dns.RcodeServerFailure), axfr: say(whole)},
		"IXFR from 3, AXFR", ByAXFR, shown4, "SERVFAIL", nil},
	{"46 axfr_fallback on NOTIMP", false, Options{IXFR: true},
		map[uint16]act{ixfr: fail(dns.RcodeNotImplemented), axfr: say(whole)},
		"IXFR from 3, IXFR from 3, AXFR", ByAXFR, shown4, "NOTIMP", nil}, // it might have been EDNS
	{"46 axfr_fallback on REFUSED", false, Options{IXFR: true},
		map[uint16]act{ixfr: fail(dns.RcodeRefused), axfr: say(whole)},
		"IXFR from 3, AXFR", ByAXFR, shown4, "REFUSED", nil},
	{"46 axfr_fallback on a closed connection", false, Options{IXFR: true}, map[uint16]act{axfr: say(whole)},
		"IXFR from 3, AXFR", ByAXFR, shown4, "EOF", nil},
	{"46 axfr_fallback on a connection reset in a delta", false, Options{IXFR: true},
		map[uint16]act{ixfr: sayReset("SOA 4 | SOA 3 | SOA 4"), axfr: say(whole)},
		"IXFR from 3, AXFR", ByAXFR, shown4, "connection failed", nil},
	{"ixfr_badformat", false, Options{IXFR: true}, map[uint16]act{ixfr: raw(0, 3, 1, 2, 3), axfr: say(whole)},
		"IXFR from 3, AXFR", ByAXFR, shown4, "3 octets are no message", nil},
	{"drill 31: the base is not ours", false, Options{IXFR: true},
		map[uint16]act{ixfr: say("SOA 4 | SOA 2 | SOA 4 | SOA 4"), axfr: say(whole)},
		"IXFR from 3, AXFR", ByAXFR, shown4, "a delta from serial 2 where 3 is", nil},
	{"43 drill 32 ixfr_faildel: an absent record is deleted", false, Options{IXFR: true},
		map[uint16]act{ixfr: say("SOA 4 | SOA 3 | b A 192.0.2.1 | SOA 4 | SOA 4"), axfr: say(whole)},
		"IXFR from 3, AXFR", ByAXFR, shown4, "b.example.org. A: record to delete is absent", nil},
	{"31 our SOA is another one of the same serial", false, Options{IXFR: true},
		map[uint16]act{ixfr: say("SOA 4 | @ SOA other h 3 1 1 1 1 | SOA 4 | SOA 4"), axfr: say(whole)},
		"IXFR from 3, AXFR", ByAXFR, shown4, "example.org. SOA: record to delete is absent", nil},
	{"a delta that takes the NS away", false, Options{IXFR: true},
		map[uint16]act{ixfr: say("SOA 4 | SOA 3 | NS | SOA 4 | SOA 4"), axfr: say(whole)},
		"IXFR from 3, AXFR", ByAXFR, shown4, "no NS at its apex", nil},
	{"both fail", false, Options{IXFR: true},
		map[uint16]act{ixfr: fail(dns.RcodeFormatError), axfr: fail(dns.RcodeRefused)},
		"IXFR from 3, IXFR from 3, AXFR", Unchanged, "nil", "FORMERR", ErrRefused},
	{"from_older: IXFR", false, Options{IXFR: true}, map[uint16]act{ixfr: say("SOA 2")},
		"IXFR from 3", Unchanged, "nil", "", ErrOlder},
	{"D6 from_older: AXFR", false, Options{}, map[uint16]act{axfr: say("SOA 2 | NS", "SOA 2")},
		"AXFR", Unchanged, "nil", "", ErrOlder},
	{"drill 29: an incomparable serial", false, Options{},
		map[uint16]act{axfr: say("SOA 2147483651 | NS", "SOA 2147483651")},
		"AXFR", Unchanged, "nil", "", ErrOlder},
	{"an older zone by force", false, Options{IXFR: true, Force: true},
		map[uint16]act{axfr: say("SOA 2 | NS", "SOA 2")},
		"AXFR", ByAXFR, "SOA 2 | @ NS ns.example.org.", "", nil},
	{"our version again by force", false, Options{Force: true}, map[uint16]act{axfr: say(zone3 + "| SOA 3")},
		"AXFR", ByAXFR, shown3, "", nil},
	{"drill 1: the end in the middle of an AXFR", false, Options{}, map[uint16]act{axfr: sayThen("SOA 4 | NS")},
		"AXFR", Unchanged, "nil", "", ErrNetwork},
	{"D3 no NS at the apex", true, Options{}, map[uint16]act{axfr: say("SOA 4 | SOA 4")},
		"AXFR", ByAXFR, "nil", "", ErrMalformed},
	{"27 NOTAUTH", true, Options{}, map[uint16]act{axfr: fail(dns.RcodeNotAuth)},
		"AXFR", Unchanged, "nil", "", ErrRefused},
}

func TestFetch(t *testing.T) {
	have := version(t, zone3)
	for _, c := range fetchCases {
		t.Run(c.name, func(t *testing.T) {
			p := serve(t, c.on)
			base := have
			if c.first {
				base = nil
			}
			got, err := new(Client).Fetch(t.Context(), apex, p.primary, base, c.options)
			if !errors.Is(err, c.err) || c.err == nil && err != nil {
				t.Errorf("error %v, want %v", err, c.err)
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			if asked := strings.Join(p.asked, ", "); asked != c.asked {
				t.Errorf("asked %s, want %s", asked, c.asked)
			}
			if got.How != c.how || showZone(got.Version) != c.zone {
				t.Errorf("%s: %s\nwant %s: %s", got.How, showZone(got.Version), c.how, c.zone)
			}
			if (got.FellBack == nil) != (c.fell == "") || c.fell != "" && !strings.Contains(got.FellBack.Error(), c.fell) {
				t.Errorf("fell back because of %v, want %q", got.FellBack, c.fell)
			}
			if shown := showZone(have); shown != shown3 {
				t.Errorf("20 our version changed: %s", shown)
			}
		})
	}
}

func TestFetchedTellsWhatCame(t *testing.T) {
	p := serve(t, map[uint16]act{ixfr: say("SOA 4", "SOA 3 | SOA 4 | x.example.net. A 192.0.2.1 | b A 192.0.2.2 | SOA 4")})
	got, err := new(Client).Fetch(t.Context(), apex, p.primary, version(t, zone3), Options{IXFR: true})
	if err != nil {
		t.Fatal(err)
	}
	if got.Counts != (Counts{Messages: 2, Records: 6, Dropped: 1}) || got.Serial != 4 || !got.Offered || got.Octets < 100 {
		t.Errorf("%+v", got)
	}
	if got.Delta == nil || got.Delta.Additions != 1 || got.Delta.Deletions != 0 {
		t.Errorf("delta %+v", got.Delta)
	}
}

func TestAnErrorTellsWhoAndWhy(t *testing.T) {
	p := serve(t, map[uint16]act{axfr: say("SOA 2 | NS")})
	_, err := new(Client).Fetch(t.Context(), apex, p.primary, version(t, zone3), Options{})
	want := "AXFR of example.org. from " + p.primary.Addr.String() + " (serial 2): primary is older: serial 2, ours is 3"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

func TestNobodyThere(t *testing.T) {
	p := Primary{Addr: closedPort(t)}
	got, err := new(Client).Fetch(t.Context(), apex, p, version(t, zone3), Options{IXFR: true})
	if !errors.Is(err, ErrConnect) || got.FellBack != nil || Next(err) != NextPrimary {
		t.Errorf("%v, fell back %v", err, got.FellBack)
	}
}

func TestTheEndOfTheContextIsPrompt(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("why")
	p := serve(t, map[uint16]act{ixfr: func(t testing.TB, conn net.Conn, query []byte) {
		cancel(why)
		say("SOA 4")(t, conn, query)
	}})
	_, err := new(Client).Fetch(ctx, apex, p.primary, version(t, zone3), Options{IXFR: true})
	if !errors.Is(err, ErrStopped) || !errors.Is(err, why) || Next(err) != Later {
		t.Error(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.asked) != 1 {
		t.Error("asked again:", p.asked)
	}
}

// TestNothingLeaks: D12; a bubble does not end while a goroutine of a failed attempt is left.
func TestNothingLeaks(t *testing.T) {
	have := version(t, zone3)
	for name, do := range map[string]act{"refused": fail(dns.RcodeServerFailure), "reset": sayReset("SOA 4 | NS"), "silent": silent} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := piped(t, map[uint16]act{ixfr: do, axfr: do})
				for range 500 {
					if _, err := client.Fetch(t.Context(), apex, Primary{}, have, Options{IXFR: true}); err == nil {
						t.Fatal("no error")
					}
				}
			})
		})
	}
}
