package serialguard_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// A primary that was restored from a backup: its serial is older, and its content is taken in the end.
func TestDrill27ASerialThatWasRolledBackIsHeldAndThenAdopted(t *testing.T) {
	t.Parallel()
	p := real(t, peer.Named, calm(100, 20))
	s := startReal(t, 100, []*peer.Server{p}, "mode enforce", "on serial-back hold adopt 4s")
	load(t, p, s, 90, calm(90, 19))
	wantHeld(t, s, 90, 100, "serial-back", `serial-back \(hold\): is older than serial 100, at every primary that answers \(90 at .*\), since .*, is taken after 4s`)
	s.WaitStatus(t, "status", zone, "state", `^serving$`)
	ask.WaitSerial(t, s.Addr(), zone, 90)
	s.WaitLog(t, `serial 90 \(was 100\) by axfr .*; but serial-back \(warn\): is older than serial 100`)
	s.WaitStatus(t, "status", zone, "held.serial", `^$`)
	load(t, p, s, 91, calm(91, 19)) // and it goes on from there
	ask.WaitSerial(t, s.Addr(), zone, 91)
}

// What it has now must be good all the same.
func TestRule01WhatIsAdoptedMustBeGood(t *testing.T) {
	t.Parallel()
	p := real(t, peer.Named, calm(100, 50))
	s := startReal(t, 100, []*peer.Server{p}, "mode enforce", "on serial-back hold adopt 1s")
	load(t, p, s, 90, calm(90, 0))
	wantHeld(t, s, 90, 100, "deletes", `deletes \(hold\): deletes 50 of 52 names`)
}

// The primary takes the backup back before the time is over: nothing has happened.
func TestASerialThatComesBackEndsTheHold(t *testing.T) {
	t.Parallel()
	p := real(t, peer.Named, calm(100, 20))
	s := startReal(t, 100, []*peer.Server{p}, "mode enforce")
	load(t, p, s, 90, calm(90, 20))
	wantHeld(t, s, 90, 100, "serial-back", `is taken after 1h0m0s`)
	load(t, p, s, 101, calm(101, 20))
	ask.WaitSerial(t, s.Addr(), zone, 101)
	s.WaitStatus(t, "status", zone, "held.serial", `^$`)
}

// A zone that has expired has nothing to lose: what the primary has is taken at once, older as it is.
func TestRule01AnExpiredZoneTakesAnOlderSerialAtOnce(t *testing.T) {
	t.Parallel()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, primary.Text(100, 20, 1, 1, 3))
	text := strings.Replace(corefile(p, "mode enforce"), "retry 1s 1s", "refresh 1s 1s\nretry 1s 1s\nexpire 3s 1h", 1)
	s := understudy.Start(t, understudy.Config{Corefile: strings.Replace(text, "mode enforce", "mode enforce\nhold_max 30m then serve", 1)})
	ask.WaitSerial(t, s.Addr(), zone, 100)
	p.OnAll(silent)
	ask.WaitRcode(t, s.Addr(), zone, dns.RcodeServerFailure)
	p.OnAll()
	p.Publish(t, primary.Text(90, 20, 1, 1, 3))
	ask.WaitSerial(t, s.Addr(), zone, 90)
	s.WaitLog(t, `serial 90 \(was 100\) .*serial-back \(warn\)`)
	s.WaitMetric(t, "metrics", "coredns_serialguard_released_total", 1, "how=expired")
}

// Since when the serial is older survives a restart, as the wait does.
func TestTheWaitForAnOlderSerialSurvivesARestart(t *testing.T) {
	t.Parallel()
	p := real(t, peer.Named, calm(100, 20))
	s := startReal(t, 100, []*peer.Server{p}, "mode enforce")
	load(t, p, s, 90, calm(90, 20))
	wantHeld(t, s, 90, 100, "serial-back", "")
	since := heldSince(t, s)
	s.Restart(t)
	s.WaitStatus(t, "status", zone, "held.serial", `^90$`)
	if got := heldSince(t, s); got != since {
		t.Errorf("held since %s, not %s", got, since)
	}
}

// Without 'mode enforce' nothing is taken that is older, and the zone lives as long as RFC 1034 lets it.
func TestAnOlderSerialIsOnlyToldOfByWhatObserves(t *testing.T) {
	t.Parallel()
	p := real(t, peer.Named, calm(100, 20))
	s := startReal(t, 100, []*peer.Server{p}, "on serial-back hold adopt 1s")
	load(t, p, s, 90, calm(90, 20))
	s.WaitLog(t, `serial-back \(hold\): is older than serial 100.*'mode enforce' would hold`)
	wantVerdict(t, s, "serial-back", "warn") // more than a second later
	if got, _ := ask.Serial(s.Addr(), zone); got != 100 {
		t.Errorf("serial %d is served", got)
	}
}

// One of two primaries is restored from a backup: the other one has what is served, and nothing happens.
func TestRule01OneOlderPrimaryOfTwoChangesNothing(t *testing.T) {
	t.Parallel()
	a, b := real(t, peer.Named, calm(100, 20)), real(t, peer.Knot, calm(100, 20))
	s := startReal(t, 100, []*peer.Server{a, b}, "mode enforce", "on serial-back hold adopt 1s")
	load(t, a, s, 90, calm(90, 20))
	s.WaitStatus(t, "status", zone, "primaries.0.serial", `^90$`)
	s.WaitStatus(t, "status", zone, "last_refresh.result", `^current$`)
	wantNoVerdict(t, s, "serial-back")
}

// The documented way to set a serial back (RFC 1912 §3.1): two steps, each of them allowed.
func TestDrill28TheLongestStepAndThenTheTarget(t *testing.T) {
	t.Parallel()
	p := real(t, peer.Knot, calm(100, 20))
	s := startReal(t, 100, []*peer.Server{p}, "mode enforce")
	const far = 100 + 1<<31 - 1
	load(t, p, s, far, calm(far, 20))
	ask.WaitSerial(t, s.Addr(), zone, far)
	s.WaitLog(t, `serial-jump \(warn\): is 2147483647 serials ahead of 100`)
	load(t, p, s, 7, calm(7, 20))
	ask.WaitSerial(t, s.Addr(), zone, 7)
	s.WaitLog(t, `serial-jump \(warn\): is \d+ serials ahead of 2147483747`)
	s.WaitMetric(t, "metrics", "coredns_serialguard_verdicts_total", 2, "rule=serial-jump", "verdict=warn")
}

func TestDrill29AStepOfExactlyHalfTheNumbersIsAmbiguous(t *testing.T) {
	t.Parallel()
	p := real(t, peer.Named, calm(100, 20))
	s := startReal(t, 100, []*peer.Server{p}, "mode enforce", "on serial-ambiguous hold adopt 4s")
	const opposite = 100 + 1<<31
	load(t, p, s, opposite, calm(opposite, 20))
	wantHeld(t, s, opposite, 100, "serial-ambiguous", `is exactly 2\^31 serials from serial 100`)
	ask.WaitSerial(t, s.Addr(), zone, opposite)
}

// One more, and it is older.
func TestRule02AStepOfMoreThanHalfTheNumbersIsABackwardOne(t *testing.T) {
	t.Parallel()
	p := real(t, peer.Named, calm(100, 20))
	s := startReal(t, 100, []*peer.Server{p}, "mode enforce")
	const beyond = 101 + 1<<31
	load(t, p, s, beyond, calm(beyond, 20))
	wantHeld(t, s, beyond, 100, "serial-back", `is older than serial 100`)
	wantNoVerdict(t, s, "serial-ambiguous")
}

// A primary that stays behind is told of, and one that comes after is not.
func TestRule07APrimaryStaysBehind(t *testing.T) {
	t.Parallel()
	a, b := real(t, peer.Knot, calm(10, 20)), real(t, peer.Knot, calm(10, 20))
	s := startReal(t, 10, []*peer.Server{a, b}, "mode enforce", "on primary-behind warn after 6s")
	load(t, a, s, 11, calm(11, 20))
	ask.WaitSerial(t, s.Addr(), zone, 11)
	load(t, b, s, 11, calm(11, 20))
	remind(t, s, 12) // all are asked for their serial
	s.WaitStatus(t, "status", zone, "primaries.1.serial", `^11$`)
	wantNoVerdict(t, s, "primary-behind")
	load(t, a, s, 12, calm(12, 20))
	ask.WaitSerial(t, s.Addr(), zone, 12)
	remind(t, s, 13)
	s.WaitLog(t, `serial 12 is current at .*; but primary-behind \(warn\): is not at `+b.Addr()+`, which has serial 11 and is behind others since`)
	wantVerdict(t, s, "primary-behind", "warn")
}

// Somebody edits a zone and forgets the serial.
func TestRule04AnotherContentWithTheSameSerialIsToldOf(t *testing.T) {
	t.Parallel()
	p := real(t, peer.Named, calm(5, 20))
	s := startReal(t, 5, []*peer.Server{p}, "mode enforce", "audit 1s")
	load(t, p, s, 5, calm(5, 22))
	s.WaitLog(t, `serial 5 is current .*; but same-serial \(warn\): has other content at .* \(0 records fewer, 2 more\): a change needs another serial`)
	wantVerdict(t, s, "same-serial", "warn")
	s.WaitStatus(t, "status", zone, "warnings.0.rule", `^same-serial$`)
	load(t, p, s, 6, calm(6, 22))
	ask.WaitSerial(t, s.Addr(), zone, 6)
	s.WaitStatus(t, "status", zone, "warnings.0.rule", `^$`)
}

func TestRule04AnAuditOfTheSameContentIsSilent(t *testing.T) {
	t.Parallel()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, calm(1, 20))
	s := understudy.Start(t, understudy.Config{Corefile: corefile(p, "mode enforce", "audit 1s")})
	p.WaitQuery(t, primary.AXFR, 4) // of which three are audits
	wantNoVerdict(t, s, "same-serial")
}

// Two primaries, one serial, two contents: the zone stays with the one that it came from.
func TestDrill33TwoContentsWithOneSerial(t *testing.T) {
	t.Parallel()
	a, b := real(t, peer.Knot, calm(5, 20)), real(t, peer.Named, calm(5, 20))
	s := startReal(t, 5, []*peer.Server{a, b}, "mode enforce", "audit 1s")
	s.WaitStatus(t, "status", zone, "last_transfer.primary", a.Addr())
	load(t, b, s, 6, calm(6, 25)) // and a has another 6
	ask.WaitSerial(t, s.Addr(), zone, 5)
	load(t, a, s, 6, calm(6, 21))
	ask.WaitSerial(t, s.Addr(), zone, 6)
	s.WaitLog(t, fmt.Sprintf(`primaries-differ \(warn\): is served by %s with other content \(0 records fewer, 4 more\)`, b.Addr()))
	s.WaitStatus(t, "status", zone, "warnings.0.rule", `^primaries-differ$`)
	s.WaitStatus(t, "status", zone, "last_transfer.primary", a.Addr())
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_transfers_total", 1, "kind=ixfr", "result=succeeded")
}

func TestRule08TheSameContentAtTwoPrimariesIsSilent(t *testing.T) {
	t.Parallel()
	a, b := real(t, peer.Knot, calm(5, 20)), real(t, peer.Named, calm(5, 20))
	s := startReal(t, 5, []*peer.Server{a, b}, "mode enforce", "audit 1s")
	b.WaitTransfer(t, 0, zone, "AXFR")
	load(t, b, s, 6, calm(6, 21))
	load(t, a, s, 6, calm(6, 21))
	ask.WaitSerial(t, s.Addr(), zone, 6)
	mark := b.Mark()
	b.WaitTransfer(t, mark, zone, "AXFR")
	b.WaitTransfer(t, b.Mark(), zone, "AXFR")
	wantNoVerdict(t, s, "primaries-differ")
	wantNoVerdict(t, s, "same-serial")
}

// Two primaries whose serials overtake each other: the zone stays with one, and the serials of both are seen.
func TestDrill34SerialsThatLeapfrog(t *testing.T) {
	t.Parallel()
	a, b := real(t, peer.Knot, calm(10, 20)), real(t, peer.Knot, calm(10, 20))
	s := startReal(t, 10, []*peer.Server{a, b}, "mode enforce")
	s.WaitStatus(t, "status", zone, "last_transfer.primary", `^`+a.Addr()+`$`)
	for serial := uint32(11); serial <= 19; serial += 2 {
		load(t, b, s, serial, calm(serial, 30))
		s.WaitStatus(t, "status", zone, "primaries.1.serial", fmt.Sprintf(`^%d$`, serial))
		load(t, a, s, serial+1, calm(serial+1, 20))
		ask.WaitSerial(t, s.Addr(), zone, serial+1)
		s.WaitStatus(t, "status", zone, "primaries.0.serial", fmt.Sprintf(`^%d$`, serial+1))
		s.WaitStatus(t, "status", zone, "last_transfer.primary", `^`+a.Addr()+`$`)
	}
	if list := b.Transfers(zone); len(list) > 0 {
		t.Errorf("%d transfers from the other one: %v", len(list), list)
	}
}

// A version is published when two of three primaries have it.
func TestRule22AQuorumOfPrimaries(t *testing.T) {
	t.Parallel()
	var list []*peer.Server
	for _, kind := range []peer.Kind{peer.Knot, peer.Named, peer.NSD} {
		list = append(list, real(t, kind, calm(1, 50)))
	}
	s := startReal(t, 1, list, "mode enforce", "quorum 2 of 3")
	load(t, list[0], s, 2, calm(2, 49))
	wantHeld(t, s, 2, 1, "quorum", `quorum \(hold\): is at 1 of 3 primaries, 2 must have it, is held for 30m0s`)
	s.WaitMetric(t, "metrics", "coredns_serialguard_quorum_agree", 1, "zone="+zone)
	load(t, list[1], s, 2, calm(2, 48)) // another one
	s.WaitLog(t, fmt.Sprintf(`primaries-differ \(warn\): is served by %s`, list[1].Addr()))
	load(t, list[2], s, 2, calm(2, 49))
	ask.WaitSerial(t, s.Addr(), zone, 2)
	s.WaitMetric(t, "metrics", "coredns_serialguard_quorum_agree", 2, "zone="+zone)
}

// That two have it is a proof that somebody wanted to delete much; it is none that it is well made.
func TestRule22AQuorumProvesALargeChangeAndNotABadOne(t *testing.T) {
	t.Parallel()
	a, b := real(t, peer.Knot, calm(1, 50)), real(t, peer.Knot, calm(1, 50))
	s := startReal(t, 1, []*peer.Server{a, b}, "mode enforce", "quorum 2", "require MX")
	load(t, b, s, 2, calm(2, 0))
	load(t, a, s, 2, calm(2, 0))
	ask.WaitSerial(t, s.Addr(), zone, 2)
	s.WaitLog(t, `serial 2 \(was 1\) .*deletes \(warn\): deletes 50 of 52 names`)
	const mail = "@ MX 10 h1\n"
	load(t, b, s, 3, calm(3, 2)+mail)
	load(t, a, s, 3, calm(3, 2)+mail)
	ask.WaitSerial(t, s.Addr(), zone, 3)
	load(t, b, s, 4, calm(4, 2))
	load(t, a, s, 4, calm(4, 2))
	wantHeld(t, s, 4, 3, "required", `has lost MX`)
}

func TestRule22TheWaitForAQuorumEnds(t *testing.T) {
	t.Parallel()
	a, b := real(t, peer.Knot, calm(1, 50)), real(t, peer.Knot, calm(1, 50))
	s := startReal(t, 1, []*peer.Server{a, b}, "mode enforce", "quorum 2 wait 3s")
	load(t, a, s, 2, calm(2, 49))
	wantHeld(t, s, 2, 1, "quorum", `is at 1 of 2 primaries, 2 must have it, is held for 3s`)
	ask.WaitSerial(t, s.Addr(), zone, 2)
	s.WaitLog(t, `quorum \(warn\): is at 1 of 2 primaries, 2 must have it after 3s`)
}
