package refresh

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

func TestRetransfer(t *testing.T) {
	scenario(t, "the whole zone comes from the pinned primary though its serial is ours", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		before := z.Current()
		r.serial(addrB, 2)
		r.s.Order(z, Forced)
		r.after(0)
		r.asked("soa A, soa B, axfr A")
		r.ended("updated")
		r.serves(z, 1)
		if z.Current() == before || len(z.Published().Deltas) != 0 {
			r.Error("the version, or its history, is the one of before")
		}
	})
	scenario(t, "an older serial is taken", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.serial(addrA, 1<<32-1)
		r.s.Order(z, Forced)
		r.after(0)
		r.ended("updated")
		r.serves(z, 1<<32-1)
		r.due(z, refreshEach)
	})
	scenario(t, "another primary gives it when the pinned one does not", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.set(addrA, func(p *fakePrimary) { p.broken = errRefused })
		r.s.Order(z, Forced)
		r.after(0)
		r.asked("soa A, soa B, axfr A, axfr B")
		r.ended("updated")
	})
	scenario(t, "what is no zone is refused", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		before := z.Current()
		r.set(addrA, func(p *fakePrimary) { p.serial, p.noNS = 2, true })
		r.s.Order(z, Forced)
		r.after(0)
		r.ended("failed")
		if z.Current() != before {
			r.Error("it is served")
		}
	})
	scenario(t, "a NOTIFY that comes while it is queued does not make it less", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.rtt = time.Second })
		r.s.Request(z)
		r.after(0)
		r.s.Order(z, Forced)
		r.notify(z, addrA, 7)
		r.s.Request(z)
		r.after(time.Minute)
		r.ended("current, updated")
		r.asked("soa A, soa A, axfr A")
	})
}

func TestAwait(t *testing.T) {
	scenario(t, "the outcome is that of the refresh which begins after the request", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.rtt = time.Second })
		r.s.Request(z)
		r.after(0)
		if runs, queued := r.s.Busy(z); !runs || queued {
			r.Errorf("runs %v, queued %v", runs, queued)
		}
		got := make(chan serial.Serial, 2)
		for range cap(got) {
			go func() {
				o, err := r.s.Await(r.Context(), z, Requested)
				if err != nil || o.Result != Updated {
					r.Errorf("%v, %v", o.Result, err)
				}
				got <- o.New
			}()
		}
		synctest.Wait()
		if runs, queued := r.s.Busy(z); !runs || !queued {
			r.Errorf("runs %v, queued %v", runs, queued)
		}
		r.after(time.Second) // the first has found nothing new, and the second has begun
		r.serial(addrA, 2)
		r.after(time.Minute)
		if a, b := <-got, <-got; a != 2 || b != 2 {
			r.Errorf("serials %s and %s", a, b)
		}
	})
	scenario(t, "who does not wait any more holds up nobody", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		ctx, cancel := context.WithCancelCause(r.Context())
		gone := errors.New("gone")
		cancel(gone)
		if _, err := r.s.Await(ctx, z, Forced); !errors.Is(err, gone) {
			r.Errorf("%v", err)
		}
		r.after(0)
		r.ended("updated")
	})
	for name, end := range map[string]func(*rig, *Zone){
		"removed while it runs":        func(r *rig, z *Zone) { r.s.Remove(z) },
		"whose scheduler is closed":    func(r *rig, _ *Zone) { r.s.Close() },
		"removed while another queues": func(r *rig, z *Zone) { r.s.Request(z); r.s.Remove(z) },
	} {
		scenario(t, "a zone "+name, Options{}, func(r *rig) {
			z := r.loaded(addrA)
			r.set(addrA, func(p *fakePrimary) { p.hangs = true })
			ended := make(chan error, 2)
			for range cap(ended) {
				go func() {
					_, err := r.s.Await(r.Context(), z, Requested)
					ended <- err
				}()
				synctest.Wait()
			}
			end(r, z)
			for range cap(ended) {
				if err := <-ended; !errors.Is(err, ErrEnded) {
					r.Errorf("%v", err)
				}
			}
			if _, err := r.s.Await(r.Context(), z, Requested); !errors.Is(err, ErrEnded) {
				r.Errorf("afterwards: %v", err)
			}
		})
	}
}
