package xfr

import "time"

// Limits bound one Fetch. A field that is zero means its default, so that no limit is ever forgotten.
type Limits struct {
	Records   int           // received records of one transfer, the dropped ones included
	Octets    int64         // received octets of one transfer
	Time      time.Duration // a whole Fetch, the AXFR after a failed IXFR included
	Connect   time.Duration // TCP connect, and the TLS handshake
	Idle      time.Duration // without a single octet
	Rate      int64         // octets per second, on average from the start of the transfer
	RateGrace time.Duration // before Rate is demanded
}

// DefaultLimits let a TLD pass and stop a runaway.
func DefaultLimits() Limits {
	return Limits{
		Records:   50_000_000,
		Octets:    4 << 30,
		Time:      time.Hour,
		Connect:   5 * time.Second,
		Idle:      10 * time.Second,
		Rate:      10_000,
		RateGrace: time.Minute,
	}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	orDefault(&l.Records, d.Records)
	orDefault(&l.Octets, d.Octets)
	orDefault(&l.Time, d.Time)
	orDefault(&l.Connect, d.Connect)
	orDefault(&l.Idle, d.Idle)
	orDefault(&l.Rate, d.Rate)
	orDefault(&l.RateGrace, d.RateGrace)
	return l
}

func orDefault[T int | int64 | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}
