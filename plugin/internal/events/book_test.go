package events

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// desk is a book with a sink of each kind, and a clock that stands still until it is moved.
type desk struct {
	*testing.T
	*book
	now     time.Time
	webhook *queue
	manager *ledger
}

func newDesk(t *testing.T) *desk {
	d := &desk{T: t, book: newBook(), now: noon}
	d.webhook = d.open(Webhook(mustParse(t, "http://hook.example")), d.now).(*queue)
	d.manager = d.open(Alertmanager(mustParse(t, "http://am.example")), d.now).(*ledger)
	return d
}

// alert is one of the zone, of which the summary says something.
func alert(zone, summary string) Alert {
	return Alert{Name: "A", Labels: map[string]string{"zone": zone}, Summary: summary}
}

func (d *desk) fires(a Alert) bool { return d.fire(normalize(a, d.now), d.now) }

func (d *desk) ends(zone string) bool {
	return d.resolve(identity("A", normalLabels(map[string]string{"zone": zone})), d.now, d.now)
}

// short is an event in a word: "a=summary" fires, "a.summary" has ended.
func short(e *event) string {
	state := "."
	if e.firing() {
		state = "="
	}
	return e.labels[0].value + state + e.summary
}

func shorts(batch []*event) string {
	var list []string
	for _, e := range batch {
		list = append(list, short(e))
	}
	return strings.Join(list, " ")
}

// all is what a sink is sent until it is owed nothing now.
func (d *desk) all(from debt) string {
	var list []*event
	for batch := from.next(d.now, false); len(batch) > 0; batch = from.next(d.now, false) {
		list = append(list, batch...)
		from.settle(delivered)
	}
	d.tidy(d.now)
	return shorts(list)
}

// owed compares what the sinks are owed now.
func (d *desk) owed(webhook, manager string) {
	d.Helper()
	if got := d.all(d.webhook); got != webhook {
		d.Errorf("the webhook is sent %q, want %q", got, webhook)
	}
	if got := d.all(d.manager); got != manager {
		d.Errorf("Alertmanager is sent %q, want %q", got, manager)
	}
}

func (d *desk) after(wait time.Duration) { d.now = d.now.Add(wait) }

// nothingKept checks that what is over has been forgotten.
func (d *desk) nothingKept() {
	d.Helper()
	if d.weight != 0 || len(d.items) != 0 || d.fading.Len() != 0 || len(d.line.items) != 0 {
		d.Errorf("kept: %d octets, %d items, %d fading, %d in the timeline", d.weight, len(d.items), d.fading.Len(), len(d.line.items))
	}
}

func TestOnlyTransitionsAreTold(t *testing.T) {
	d := newDesk(t)
	d.fires(alert("a", "1"))
	d.owed("a=1", "a=1")
	if d.fires(alert("a", "1")) {
		t.Error("the same again wakes somebody")
	}
	d.owed("", "")
	d.fires(alert("a", "2"))
	d.owed("a=2", "a=2")
	if d.ends("b") {
		t.Error("what does not fire has ended")
	}
	d.ends("a")
	if d.ends("a") {
		t.Error("it ended twice")
	}
	d.owed("a.2", "a.2")
	d.fires(alert("a", "2"))
	d.owed("a=2", "a=2")
}

func TestTheFirstBeginningCounts(t *testing.T) {
	d := newDesk(t)
	d.fires(alert("a", "1"))
	d.after(time.Hour)
	d.fires(alert("a", "2"))
	d.ends("a")
	d.fires(alert("a", "3"))
	var got []string
	for range 4 {
		got = append(got, d.webhook.next(d.now, false)[0].starts.Format("15:04"))
		d.webhook.settle(delivered)
	}
	if fmt.Sprint(got) != "[12:00 12:00 12:00 13:00]" {
		t.Error(got)
	}
}

func TestAWebhookIsToldAllAnAlertmanagerTheNewest(t *testing.T) {
	d := newDesk(t)
	d.fires(alert("a", "1"))
	d.fires(alert("b", "1"))
	d.fires(alert("a", "2"))
	d.ends("b")
	d.fires(alert("b", "3"))
	d.owed("a=1 b=1 a=2 b.1 b=3", "a=2 b=3")
}

func TestAnotherSeverityIsAnotherAlertAtAlertmanager(t *testing.T) {
	d := newDesk(t)
	a := alert("a", "old")
	d.fires(a)
	d.owed("a=old", "a=old")
	a.Severity, a.Summary = Critical, "new"
	d.fires(a)
	d.owed("a=new", "a.old a=new")
	d.ends("a")
	d.owed("a.new", "a.new")
	d.after(lifetime)
	d.tidy(d.now)
	d.nothingKept()
}

func TestAllIsSentAgainEveryMinute(t *testing.T) {
	d := newDesk(t)
	d.fires(alert("a", "1"))
	d.fires(alert("b", "1"))
	d.owed("a=1 b=1", "a=1 b=1")
	d.after(resendWait - 1)
	d.owed("", "")
	d.ends("a")
	d.after(1)
	d.owed("a.1", "a.1 b=1 a.1") // once as it is new, and with all
	for range 3 {
		d.after(resendWait)
		d.owed("", "b=1 a.1")
	}
	d.after(resendWait)
	d.tidy(d.now)
	d.owed("", "b=1")
	d.ends("b")
	d.owed("b.1", "b.1")
	d.after(lifetime)
	d.tidy(d.now)
	d.nothingKept()
}

func TestWhatEndedIsOwedUntilItWasTaken(t *testing.T) {
	d := newDesk(t)
	d.fires(alert("a", "1"))
	d.owed("a=1", "a=1")
	d.ends("a")
	d.next1(undelivered, "a.1")
	d.next1(undelivered, "a.1")
	d.next1(delivered, "a.1")
	d.next1(delivered, "")
	d.after(lifetime)
	d.tidy(d.now)
	if lost := d.manager.takeLosses(); len(lost) != 0 {
		t.Errorf("lost: %v", lost)
	}
	d.nothingKept()
}

func TestWhatEndedLongAgoIsDropped(t *testing.T) {
	d := newDesk(t)
	d.fires(alert("a", "1"))
	d.ends("a")
	d.after(lifetime)
	d.tidy(d.now)
	if lost := d.manager.takeLosses(); lost[ErrLate] != 1 {
		t.Errorf("lost: %v", lost)
	}
	d.nothingKept()
	if got := d.all(d.manager); got != "" {
		t.Error(got)
	}
}

// next1 compares the next batch of Alertmanager, and settles it.
func (d *desk) next1(f fate, want string) {
	d.Helper()
	batch := d.manager.next(d.now, false)
	if got := shorts(batch); got != want {
		d.Errorf("Alertmanager is sent %q, want %q", got, want)
	}
	if len(batch) > 0 {
		d.manager.settle(f)
	}
}

func TestWithoutAnAlertmanagerNoEndIsKept(t *testing.T) {
	d := &desk{T: t, book: newBook(), now: noon}
	for range 3 {
		d.fires(alert("a", "1"))
		d.ends("a")
	}
	d.nothingKept()

	d = newDesk(t)
	d.fires(alert("a", "1"))
	d.ends("a")
	d.close(Alertmanager(mustParse(t, "http://am.example")), d.now)
	d.nothingKept()
}

func TestThereIsRoomForSoMany(t *testing.T) {
	d := newDesk(t)
	one := normalize(alert("a", "1"), d.now).weight()
	d.limit = 2 * one
	d.fires(alert("a", "1"))
	d.fires(alert("b", "1"))
	d.ends("a")
	d.fires(alert("c", "1")) // for which the end of a gives way
	d.fires(alert("d", "1"))
	d.owed("a=1 b=1 a.1 c=1", "b=1 c=1")
	if w, m := d.webhook.takeLosses(), d.manager.takeLosses(); w[ErrTooMany] != 1 || m[ErrTooMany] != 2 {
		t.Errorf("lost: %v, %v", w, m)
	}
	d.fires(alert("b", "2"))     // which takes no more room
	d.fires(alert("b", "three")) // which would
	d.ends("c")
	d.fires(alert("d", "1"))
	d.owed("b=2 c.1 d=1", "b=2 d=1")
	if d.weight > d.limit {
		t.Errorf("%d octets", d.weight)
	}
}

func TestTheOldestTransitionsAreDropped(t *testing.T) {
	d := newDesk(t)
	d.fires(alert("under way", ""))
	first := d.webhook.next(d.now, false)
	for i := range queueSize + 10 {
		d.fires(alert(fmt.Sprint(i), ""))
	}
	if got := shorts(d.webhook.next(d.now, false)); got != shorts(first) {
		t.Errorf("under way is %q", got)
	}
	d.webhook.settle(delivered)
	if n := d.webhook.left(); n != queueSize {
		t.Errorf("%d are left", n)
	}
	got := strings.Fields(d.all(d.webhook))
	if len(got) != queueSize || got[0] != "10=" || got[queueSize-1] != "1033=" {
		t.Errorf("%d, %s to %s", len(got), got[0], got[len(got)-1])
	}
	if lost := d.webhook.takeLosses(); lost[ErrQueue] != 10 {
		t.Errorf("lost: %v", lost)
	}
}

func TestATransitionIsTriedSoOften(t *testing.T) {
	d := newDesk(t)
	d.fires(alert("a", ""))
	d.fires(alert("b", ""))
	var waited time.Duration
	for _, want := range []bool{false, false, false, true} {
		if got := shorts(d.webhook.next(d.now, false)); got != "a=" {
			t.Error(got)
		}
		report, pause := d.webhook.settle(undelivered)
		if report != want {
			t.Errorf("after %s: %v", waited, report)
		}
		waited += pause
	}
	if waited != 31*time.Second {
		t.Error(waited)
	}
	d.webhook.next(d.now, false)
	if report, pause := d.webhook.settle(refused); !report || pause != 0 || d.webhook.left() != 0 {
		t.Error("what is refused is tried again")
	}
}

func TestAFailingAlertmanagerIsAskedMoreSeldom(t *testing.T) {
	d := newDesk(t)
	d.fires(alert("a", ""))
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		d.manager.next(d.now, false)
		if report, pause := d.manager.settle(undelivered); !report || pause != want*time.Second {
			t.Errorf("%s, want %d s", pause, want)
		}
	}
	for range 100 {
		if _, pause := d.manager.settle(undelivered); pause != resendWait {
			t.Fatal(pause)
		}
	}
	d.next1(refused, "a=")
	d.next1(delivered, "")
	d.after(resendWait)
	d.next1(delivered, "a=") // what was refused is tried with all the others
	d.ends("a")
	d.manager.next(d.now, false)
	if _, pause := d.manager.settle(undelivered); pause != time.Second {
		t.Errorf("%s after a success", pause)
	}
}

func TestBatchesAreBounded(t *testing.T) {
	d := newDesk(t)
	const n = 50000
	for i := range n {
		d.fires(alert(fmt.Sprint(i), "1"))
	}
	sizes := func() (posts, events int) {
		for batch := d.manager.next(d.now, false); len(batch) > 0; batch = d.manager.next(d.now, false) {
			posts, events = posts+1, events+len(batch)
			if len(batch) > batchSize {
				t.Fatalf("%d in one", len(batch))
			}
			d.manager.settle(delivered)
		}
		return posts, events
	}
	for range 2 {
		if posts, events := sizes(); posts != (n+batchSize-1)/batchSize || events != n {
			t.Errorf("%d in %d", events, posts)
		}
		d.after(resendWait)
	}
	d = newDesk(t)
	for i := range 10 {
		a := alert(fmt.Sprint(i), strings.Repeat("x", longestText))
		a.Details = map[string]string{}
		for j := range mostDetails {
			a.Details[fmt.Sprint(j)] = a.Summary
		}
		d.fires(a)
	}
	if posts, events := sizes(); posts != 2 || events != 10 {
		t.Errorf("%d large ones in %d", events, posts)
	}
}

// TestARoundThatTakesLongEnds has so much to send that a minute is too short. What comes last is sent, too, and what is
// new comes first.
func TestARoundThatTakesLongEnds(t *testing.T) {
	d := newDesk(t)
	for i := range 3 * batchSize {
		d.fires(alert(fmt.Sprint(i), "1"))
	}
	d.all(d.manager)
	var got []string
	for i := range 8 {
		d.after(resendWait)
		if i == 4 {
			d.fires(alert("new", "1"))
		}
		batch := d.manager.next(d.now, false)
		got = append(got, short(batch[0]))
		d.manager.settle(delivered)
	}
	if s := strings.Join(got, " "); s != "0=1 256=1 512=1 0=1 new=1 256=1 512=1 0=1" {
		t.Error(s)
	}
}

func TestWhoClosesSendsNothingAgain(t *testing.T) {
	d := newDesk(t)
	d.fires(alert("a", "1"))
	d.all(d.manager)
	d.fires(alert("b", "1"))
	d.after(resendWait)
	if got := shorts(d.manager.next(d.now, true)); got != "b=1" || d.manager.left() != 1 {
		t.Errorf("%q, and %d left", got, d.manager.left())
	}
	d.manager.settle(delivered)
	if got := d.manager.next(d.now, true); len(got) != 0 {
		t.Error(shorts(got))
	}
}
