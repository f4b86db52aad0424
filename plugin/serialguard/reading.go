package serialguard

import (
	"context"
	"errors"
	"fmt"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/breather"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
	"github.com/understudy-dns/understudy/plugin/internal/zonefile"
)

// What a stream of records is not a zone for (RFC 5936 §2.2).
var (
	errNoSOA = errors.New("what the plugin gives out does not begin with the SOA")
	errNoEnd = errors.New("what the plugin gives out does not end with the SOA that it began with")
	errAlone = errors.New("the plugin gives nothing out but the SOA")
)

// recordWork is what it takes to read a record, in units of package breather.
const recordWork = 2

// read makes a version of what a source sends, or none when that is the SOA with serial have alone.
func read(ctx context.Context, stream <-chan []dns.RR, apex owner.Name, have serial.Serial, base *zone.Version) (*zone.Version, *zone.Delta, error) {
	r := &reading{apex: apex, base: base}
	defer r.close()
	if err := r.all(ctx, stream); err != nil {
		return nil, nil, err
	}
	switch {
	case r.first == nil:
		return nil, nil, errNoSOA
	case r.builder == nil && have != 0 && r.serial() == have:
		return nil, nil, nil
	case r.builder == nil:
		return nil, nil, errAlone
	case !r.ended:
		return nil, nil, errNoEnd
	}
	return r.builder.Commit()
}

// A reading is a transfer that is being read.
type reading struct {
	apex     owner.Name
	base     *zone.Version
	first    *dns.SOA          // the first record
	builder  *zonefile.Builder // nil: there was no second one
	ended    bool              // the last one was the first once more
	breather breather.Breather
}

func (r *reading) serial() serial.Serial { return serial.Serial(r.first.Serial) }

// all reads to the end also when nobody wants to know the rest: a source waits until it has got rid of everything.
func (r *reading) all(ctx context.Context, stream <-chan []dns.RR) (err error) {
	for list := range stream {
		for _, rr := range list {
			if err == nil {
				err = r.add(rr)
			}
		}
		if err == nil {
			err = ctx.Err()
		}
	}
	return err
}

func (r *reading) add(rr dns.RR) error {
	r.breather.Did(recordWork)
	soa, ok := rr.(*dns.SOA)
	switch {
	case r.first == nil && !ok:
		return errNoSOA
	case r.first == nil:
		r.first = soa
		return nil
	case r.builder == nil:
		r.builder = zonefile.Replace(r.apex, r.base)
		if err := r.put(r.first); err != nil {
			return err
		}
	}
	if r.ended = ok && soa.Serial == r.first.Serial; r.ended {
		return nil
	}
	return r.put(rr)
}

// put leaves out what is outside the zone, as secondaries do. The record is the source's own, which answers with it.
func (r *reading) put(rr dns.RR) error {
	err := r.builder.Add(dns.Copy(rr))
	if err == nil || errors.Is(err, zone.ErrOutside) {
		return nil
	}
	return fmt.Errorf("%s %s: %w", rr.Header().Name, dns.Type(rr.Header().Rrtype), err)
}

func (r *reading) close() {
	if r.builder != nil {
		r.builder.Close()
	}
}
