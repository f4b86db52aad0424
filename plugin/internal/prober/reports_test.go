package prober

import (
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/health"
)

func TestReportsOfOthers(t *testing.T) {
	scenario(t, "evidence leads to a probe at once, and decides nothing", Options{}, func(r *rig) {
		r.configure(r.watches("1.1", "1.2")...)
		r.after(5 * time.Second)
		r.moved("1.1 UP, 1.2 UP")
		r.p.Report(at("1.1"), health.Event{Kind: health.Evidence, Reason: "AXFR failed"})
		r.after(2500 * time.Millisecond)
		r.probed("1.1", "0s 5s 7s")
		r.probed("1.2", "0s")
		r.moved("1.1 SUSPECT, 1.1 UP")
	})
	scenario(t, "five timeouts in a row are evidence", Options{}, func(r *rig) {
		r.configure(r.watch("1.1"))
		r.after(5 * time.Second)
		lost := health.Event{Kind: health.TimedOut}
		for range 4 {
			r.p.Report(at("1.1"), lost)
		}
		r.p.Report(at("1.1"), health.Event{Kind: health.Answered})
		for range 4 {
			r.p.Report(at("1.1"), lost)
		}
		r.moved("1.1 UP")
		r.p.Report(at("1.1"), lost)
		r.after(time.Millisecond)
		r.moved("1.1 SUSPECT")
	})
	scenario(t, "what changes nothing is not told", Options{}, func(r *rig) {
		r.configure(r.watch("1.1"))
		r.after(time.Second)
		for range 100 {
			r.p.Report(at("1.1"), health.Event{Kind: health.Answered})
		}
		r.after(time.Second)
		if len(r.updates) != 1 || r.updates[0].Result == nil || !r.updates[0].Result.Outcome.heard() {
			r.Errorf("%+v", r.updates)
		}
		r.p.Order("u", fake{name: "1.1"}.Key(), health.ForceDrain)
		r.p.Order("u", fake{name: "1.1"}.Key(), health.ForceDown)
		r.p.Order("u", fake{name: "1.1"}.Key(), health.ForceDown)
		r.after(time.Second)
		if len(r.updates) != 3 || r.updates[2].State.Override != health.ForceDown || r.updates[2].Result != nil {
			r.Errorf("%+v", r.updates)
		}
	})
	scenario(t, "nobody else can say what a probe says", Options{}, func(r *rig) {
		r.configure(r.watch("1.1"))
		r.after(time.Second)
		for range 10 {
			r.p.Report(at("1.1"), health.Event{Kind: health.Failed})
			r.p.Report(at("1.1"), health.Event{Kind: health.Ordered, Override: health.ForceDown})
		}
		r.after(time.Second)
		r.moved("1.1 UP")
		r.p.Report(at("7.7"), health.Event{Kind: health.Evidence})
	})
}

func TestOrders(t *testing.T) {
	scenario(t, "the operator is obeyed", Options{}, func(r *rig) {
		r.configure(r.watches("1.1", "1.2")...)
		r.after(time.Second)
		if r.p.Order("u", fake{name: "1.9"}.Key(), health.ForceDown) || r.p.Order("v", fake{name: "1.1"}.Key(), health.ForceDown) {
			r.Error("there is no such watch")
		}
		if !r.p.Order("u", fake{name: "1.1"}.Key(), health.ForceDown) {
			r.Error("there is")
		}
		r.after(time.Second)
		r.moved("1.1 ADMIN, 1.1 UP, 1.2 UP")
		r.configure(r.watches("1.1", "1.2")...)
		r.after(20 * time.Second)
		if r.phase("1.1") != health.Admin {
			r.Error("a reload ends it")
		}
		r.p.Order("u", fake{name: "1.1"}.Key(), health.Auto)
		r.after(time.Second)
		r.moved("1.1 UP")
	})
}
