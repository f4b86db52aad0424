package events

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestAlertsAreSent(t *testing.T) {
	scenario(t, "at once, and to an Alertmanager every minute", func(r *rig) {
		r.hub.Configure([]Sink{r.hook("h"), r.manager("m"), r.hook("h")})
		r.after(10 * time.Second)
		r.fires("a", "1")
		r.saw("h: a=1 at 10s", "m: a=1 at 10s")
		r.told("webhook http://h: 1 sent", "alertmanager http://m: 1 sent")
		r.fires("a", "1")
		r.saw()
		r.after(2 * time.Minute)
		r.saw("m: a=1 at 1m0s", "m: a=1 at 2m0s")
		r.ends("a")
		r.saw("h: a.1 at 2m10s", "m: a.1 at 2m10s")
		r.after(time.Hour)
		r.saw("m: a.1 at 3m0s", "m: a.1 at 4m0s", "m: a.1 at 5m0s", "m: a.1 at 6m0s")
	})
	scenario(t, "to nobody, while there is no sink", func(r *rig) {
		r.fires("a", "1")
		r.ends("a")
		r.after(time.Hour)
		r.saw()
	})
	scenario(t, "to nobody, once it is closed", func(r *rig) {
		r.hub.Configure([]Sink{r.hook("h")})
		r.hub.Close(context.Background())
		r.fires("a", "1")
		r.hub.Configure([]Sink{r.hook("h"), r.hook("i")})
		r.fires("b", "1")
		r.saw()
		r.told()
		if len(r.hub.workers) != 1 || len(r.hub.book.items) != 0 {
			r.Errorf("%d workers, %d alerts", len(r.hub.workers), len(r.hub.book.items))
		}
	})
}

func TestAnEndIsToldHoweverTheSinkFares(t *testing.T) {
	scenario(t, "an Alertmanager is away", func(r *rig) {
		r.hub.Configure([]Sink{r.manager("m")})
		r.fires("a", "1")
		r.says("m", 503)
		r.after(10 * time.Second)
		r.ends("a")
		r.saw("m: a=1 at 0s", "m: a.1 at 10s")
		r.after(4 * time.Second)
		r.says("m", 200)
		r.after(4 * time.Second)
		r.saw("m: a.1 at 11s", "m: a.1 at 13s", "m: a.1 at 17s")
		failed := "alertmanager http://m: 1 failed: answered 503 Service Unavailable"
		r.told("alertmanager http://m: 1 sent", failed, failed, failed, "alertmanager http://m: 1 sent")
	})
	scenario(t, "it is away for longer than it believes what it was told", func(r *rig) {
		r.hub.Configure([]Sink{r.manager("m")})
		r.fires("a", "1")
		r.says("m", 503)
		r.ends("a")
		r.after(10 * time.Minute)
		r.saw("m: a=1 at 0s", "m: a.1 at 0s", "m: a.1 at 1s", "m: a.1 at 3s", "m: a.1 at 7s", "m: a.1 at 15s",
			"m: a.1 at 31s", "m: a.1 at 1m3s", "m: a.1 at 2m3s", "m: a.1 at 3m3s")
		if o := r.outcomes[len(r.outcomes)-1]; o != "alertmanager http://m: 1 dropped: "+ErrLate.Error() {
			r.Error(o)
		}
	})
	scenario(t, "a webhook is away for half a minute", func(r *rig) {
		r.hub.Configure([]Sink{r.hook("h")})
		r.says("h", 502)
		r.fires("a", "1")
		r.ends("a")
		r.after(30 * time.Second)
		r.says("h", 204)
		r.after(time.Hour)
		r.saw("h: a=1 at 0s", "h: a=1 at 1s", "h: a=1 at 6s", "h: a=1 at 31s", "h: a.1 at 31s")
		r.told("webhook http://h: 1 sent", "webhook http://h: 1 sent")
	})
	scenario(t, "a webhook is away for longer", func(r *rig) {
		r.hub.Configure([]Sink{r.hook("h")})
		r.says("h", 404)
		r.fires("a", "1")
		r.after(time.Hour)
		r.saw("h: a=1 at 0s", "h: a=1 at 1s", "h: a=1 at 6s", "h: a=1 at 31s")
		r.told("webhook http://h: 1 failed: answered 404 Not Found")
	})
	scenario(t, "a webhook refuses a document", func(r *rig) {
		r.hub.Configure([]Sink{r.hook("h")})
		r.says("h", 400)
		r.fires("a", "1")
		r.after(time.Hour)
		r.saw("h: a=1 at 0s")
		r.told("webhook http://h: 1 failed: answered 400 Bad Request")
	})
}

func TestASinkThatHangsDelaysNobody(t *testing.T) {
	scenario(t, "neither who fires nor another sink", func(r *rig) {
		r.says("hung", 0)
		r.says("stuck", 0)
		r.hub.Configure([]Sink{r.hook("hung"), r.hook("h"), r.manager("stuck"), r.manager("m")})
		r.fires("a", "1")
		r.fires("b", "1")
		r.saw("hung: a=1 at 0s", "h: a=1 at 0s", "h: b=1 at 0s", "stuck: a=1 at 0s", "m: a=1 at 0s", "m: b=1 at 0s")
		r.told("webhook http://h: 1 sent", "webhook http://h: 1 sent",
			"alertmanager http://m: 1 sent", "alertmanager http://m: 1 sent")
		r.after(4 * time.Second)
		r.saw("hung: a=1 at 4s", "stuck: a=1 b=1 at 4s")
		r.told("alertmanager http://stuck: 1 failed: no answer within 3s: context deadline exceeded")
	})
	scenario(t, "what its queue does not hold is dropped", func(r *rig) {
		r.says("hung", 0)
		r.hub.Configure([]Sink{r.hook("hung")})
		r.fires("first", "1")
		for i := range queueSize + 10 {
			r.hub.Fire(alert(fmt.Sprint(i), "1"))
		}
		r.says("hung", 200)
		r.after(3 * time.Second)
		r.told()
		r.after(time.Second)
		want := []string{"webhook http://hung: 10 dropped: " + ErrQueue.Error()}
		for range queueSize + 1 {
			want = append(want, "webhook http://hung: 1 sent")
		}
		r.told(want...)
	})
}

func TestManyAlertsAreSentInBatches(t *testing.T) {
	scenario(t, "50,000 of them, again after a minute", func(r *rig) {
		r.hub.Configure([]Sink{r.manager("m")})
		for i := range 50000 {
			r.hub.Fire(alert(fmt.Sprint(i), "1"))
		}
		r.after(30 * time.Second)
		r.forget()
		r.after(30 * time.Second)
		sum := 0
		for _, n := range r.sizes {
			if sum += n; n > batchSize {
				r.Errorf("%d in one", n)
			}
		}
		if len(r.sizes) != 196 || sum != 50000 {
			r.Errorf("%d in %d", sum, len(r.sizes))
		}
	})
}

func TestSinksChange(t *testing.T) {
	scenario(t, "one that is kept goes on with what it is owed", func(r *rig) {
		r.says("h", 0)
		r.hub.Configure([]Sink{r.hook("h")})
		r.fires("a", "1")
		r.fires("b", "1")
		r.hub.Configure([]Sink{r.hook("other"), r.hook("h")})
		r.says("h", 200)
		r.after(time.Minute)
		r.saw("h: a=1 at 0s", "h: a=1 at 4s", "h: b=1 at 4s", "other: a=1 at 0s", "other: b=1 at 0s")
	})
	scenario(t, "a new one is told of all that fires", func(r *rig) {
		r.fires("a", "1")
		r.fires("b", "1")
		r.ends("a")
		r.hub.Configure([]Sink{r.hook("h"), r.manager("m")})
		r.after(time.Second)
		r.saw("h: b=1 at 0s", "m: b=1 at 0s")
	})
	scenario(t, "one that is removed is sent nothing any more", func(r *rig) {
		r.says("h", 0)
		r.says("m", 503)
		r.hub.Configure([]Sink{r.hook("h"), r.manager("m")})
		r.fires("a", "1")
		r.fires("b", "1")
		r.hub.Configure(nil)
		if n := len(r.hub.book.debts); n != 0 {
			r.Errorf("%d are owed something", n)
		}
		r.after(time.Hour)
		r.fires("c", "1")
		r.saw("h: a=1 at 0s", "m: a=1 at 0s")
		r.told("alertmanager http://m: 1 failed: answered 503 Service Unavailable",
			"webhook http://h: 2 dropped: "+ErrEnded.Error(), "alertmanager http://m: 2 dropped: "+ErrEnded.Error())
		r.says("h", 200)
		r.hub.Configure([]Sink{r.hook("h"), r.manager("n")})
		synctest.Wait()
		r.fires("d", "1")
		r.saw("h: a=1 at 1h0m0s", "h: b=1 at 1h0m0s", "h: c=1 at 1h0m0s", "h: d=1 at 1h0m0s", "n: a=1 b=1 c=1 at 1h0m0s", "n: d=1 at 1h0m0s")
	})
}

func TestCloseSendsWhatIsOwed(t *testing.T) {
	scenario(t, "to those that take it", func(r *rig) {
		r.says("h", 503)
		r.says("m", 503)
		r.hub.Configure([]Sink{r.hook("h"), r.manager("m")})
		r.fires("a", "1")
		r.fires("b", "1")
		r.ends("a")
		r.says("h", 200)
		r.says("m", 200)
		r.forget()
		r.hub.Close(context.Background())
		r.saw("h: a=1 at 0s", "h: b=1 at 0s", "h: a.1 at 0s", "m: b=1 a.1 at 0s")
		r.told("webhook http://h: 1 sent", "webhook http://h: 1 sent", "webhook http://h: 1 sent",
			"alertmanager http://m: 2 sent")
		r.hub.Close(context.Background())
	})
	scenario(t, "to those that do not, once more", func(r *rig) {
		r.says("h", 503)
		r.hub.Configure([]Sink{r.hook("h"), r.manager("m")})
		r.fires("a", "1")
		r.fires("b", "1")
		r.forget()
		r.hub.Close(context.Background())
		r.saw("h: a=1 at 0s")
		r.told("webhook http://h: 2 dropped: " + ErrEnded.Error())
	})
	scenario(t, "until it may take no longer", func(r *rig) {
		r.says("h", 0)
		r.says("m", 0)
		r.hub.Configure([]Sink{r.hook("h"), r.manager("m")})
		r.fires("a", "1")
		r.forget()
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		r.hub.Close(ctx)
		if took := time.Since(r.begun); took != 2*time.Second {
			r.Error(took)
		}
		r.told("webhook http://h: 1 dropped: "+ErrEnded.Error(), "alertmanager http://m: 1 dropped: "+ErrEnded.Error())
	})
}

// TestEverybodyAtOnce is for the race detector. In the end every transition is accounted for.
func TestEverybodyAtOnce(t *testing.T) {
	scenario(t, "fires, resolves, configures and closes", func(r *rig) {
		hooks := []Sink{r.hook("h"), r.hook("i"), r.manager("m")}
		r.hub.Configure(hooks)
		var done sync.WaitGroup
		for i := range 8 {
			done.Go(func() {
				for j := range 200 {
					labels := map[string]string{"zone": fmt.Sprint(i)}
					r.hub.Fire(Alert{Name: "A", Labels: labels, Summary: fmt.Sprint(j)})
					if j%3 == 2 {
						r.hub.Resolve("A", labels, time.Time{})
					}
					runtime.Gosched()
				}
			})
		}
		done.Go(func() {
			for i := range 100 {
				r.hub.Configure(hooks[:1+i%3])
				runtime.Gosched()
			}
		})
		done.Wait()
		synctest.Wait()
		r.hub.Close(context.Background())
		n := 0
		for _, o := range r.outcomes {
			var alerts int
			if _, err := fmt.Sscanf(o, "webhook http://h: %d", &alerts); err == nil {
				n += alerts
			}
		}
		if want := 8 * (200 + 66); n != want {
			r.Errorf("%d of %d transitions are accounted for", n, want)
		}
	})
}

// TestWhatManyAlertsCost bounds the memory that an alert takes.
func TestWhatManyAlertsCost(t *testing.T) {
	h := NewHub(nil)
	defer h.Close(context.Background())
	const n = 100000
	before := heap()
	for i := range n {
		zone := fmt.Sprintf("zone%d.example.", i)
		h.Fire(Alert{
			Name: "TransferFailing", Labels: map[string]string{"zone": zone}, Summary: "No primary of " + zone + " answers.",
			Details: map[string]string{"reason": "192.0.2.1:53: i/o timeout", "serial": "2026070101"},
		})
	}
	octets := (heap() - before) / n
	t.Logf("%d octets an alert, weighed as %d", octets, h.book.weight/n)
	if len(h.book.items) != n || int(octets) > h.book.weight/n*5/4 {
		t.Errorf("%d alerts of %d octets", len(h.book.items), octets)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
