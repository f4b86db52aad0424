package serialguard

import (
	"fmt"
	"testing"
	"time"
)

const dnskey = "@ DNSKEY 257 3 8 AwEAAQ=="

// sigs are RRSIGs over the records of a type at names, which expire some time from now.
func sigs(left time.Duration, covered string, names ...string) (list []string) {
	until := time.Now().UTC().Add(left).Format("20060102150405")
	for _, name := range names {
		list = append(list, fmt.Sprintf("%s RRSIG %s 8 3 3600 %s 20000101000000 1 example.org. AAAA", name, covered, until))
	}
	return list
}

// signed is a zone with some hosts, whose signatures expire some time from now.
func signed(left time.Duration, n int) []string {
	list := append(hosts(n), dnskey)
	for _, covered := range []string{"SOA", "NS", "DNSKEY"} {
		list = append(list, sigs(left, covered, "@")...)
	}
	for i := range n {
		list = append(list, sigs(left, "A", fmt.Sprintf("h%d", i))...)
	}
	return list
}

// The deadline of signatures is for what validates: something else, published then, is an outage a day early.
func TestTheDeadlineOfSignatures(t *testing.T) {
	const month, tomorrow = 30 * 24 * time.Hour, 20 * time.Hour
	for name, lines := range map[string]func() []string{
		"one RRSIG is left, and no DNSKEY":   func() []string { return append(hosts(30), sigs(month, "SOA", "@")...) },
		"DNSKEY is left, and its signatures": func() []string { return append(append(hosts(30), dnskey), sigs(month, "DNSKEY", "@")...) },
		"most of the signatures are lost":    func() []string { return append(signed(month, 0), hosts(30)...) },
	} {
		play(t, "does not let through what does not validate: "+name, 1, "mode enforce", func(r *drill) {
			r.publish(1, signed(tomorrow, 30)...)
			r.offer(1, 2, lines()...)
			r.round()
			r.holds(2)
			r.after(time.Hour)
			r.round()
			r.serves(1)
		})
	}
	play(t, "lets through what does", 1, "mode enforce", func(r *drill) {
		r.publish(1, signed(tomorrow, 30)...)
		r.offer(1, 2, signed(month, 5)...)
		r.round()
		r.serves(2)
	})
}
