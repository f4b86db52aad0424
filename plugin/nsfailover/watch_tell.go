package nsfailover

import (
	"fmt"
	"maps"
	"time"

	"github.com/understudy-dns/understudy/plugin/alerts"
	"github.com/understudy-dns/understudy/plugin/internal/events"
	"github.com/understudy-dns/understudy/plugin/internal/nswatch"
)

// watchAlerts are the alerts by what a finding is about.
var watchAlerts = map[nswatch.Kind]string{
	nswatch.Unreachable: "NSUnreachable",
	nswatch.Lame:        "NSLame",
	nswatch.Lag:         "NSLag",
	nswatch.Drift:       "NSDrift",
	nswatch.Delegation:  "DelegationMismatch",
	nswatch.Expiring:    "RRSIGExpiring",
	nswatch.Invalid:     "DNSSECInvalid",
	nswatch.Shared:      "SharedFailureDomain",
}

// took takes in a round, tells what has changed, and says whether all servers that answer are in step.
func (z *watchedZone) took(r *round) (inStep bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.gone {
		return false
	}
	before, _ := z.history.Newest()
	report := nswatch.Judge(&r.Round, &z.history, &z.repeats)
	if newest, _ := z.history.Newest(); newest != before {
		z.changes.Add(1)
	}
	z.parent = r.Parent
	if r.parent && r.Parent != nil {
		z.asked.parent = r.Now
	}
	if r.dnssec {
		z.asked.dnssec = r.Now
	}
	z.remember(r, report)
	z.tell(report)
	z.drop()
	return nswatch.InStep(&r.Round, &z.history)
}

// remember keeps what metrics show. What is looked at more seldom than in each round stays known in between.
func (z *watchedZone) remember(r *round, report *nswatch.Report) {
	known := maps.Clone(report.Known)
	for s, found := range z.known {
		_, judged := known[s]
		if !r.dnssec && seldom(s) && !judged {
			known[s] = found
		}
	}
	z.at, z.known, z.seen, z.count = r.Now, known, r.Seen, len(r.Names())
	z.cut = nswatch.CutOff(r.Seen)
	z.behind = make(map[nswatch.Server]time.Time)
	for i := range r.Seen {
		s := &r.Seen[i]
		if s.Authority() && !r.Content {
			z.behind[s.Server] = z.history.Behind(s.Serial)
		}
		if s.UDP == nil {
			observedNS(z, s)
		}
		switch until, _, ok := s.Until(r.Now); {
		case ok:
			z.until[s.Server] = until
		case r.dnssec:
			delete(z.until, s.Server)
		}
	}
}

// seldom says that a subject needs the DNSSEC records of servers, which not every round asks for.
func seldom(s nswatch.Subject) bool {
	return s.Kind == nswatch.Expiring || s.Kind == nswatch.Invalid || s.Kind == nswatch.Delegation && s.What == nswatch.DS
}

// tell logs what has changed, and has the alerts say what is so. What could not be judged stays as it was.
func (z *watchedZone) tell(report *nswatch.Report) {
	for _, f := range report.Findings {
		before, was := z.open[f.Subject]
		z.open[f.Subject] = f
		if !was || before != f {
			write := log.Warningf
			if f.Critical {
				write = log.Errorf
			}
			write("%s: %s", z.about(f.Subject), f.Text)
		}
		alerts.Fire(z.alert(f))
	}
	for s, found := range report.Known {
		if _, was := z.open[s]; was && !found {
			log.Infof("%s: is over: %s", z.about(s), z.open[s].Text)
			z.resolve(s)
		}
	}
}

// drop ends what was said of servers that are none of the zone's any more.
func (z *watchedZone) drop() {
	there := map[nswatch.Server]bool{{}: true}
	for i := range z.seen {
		there[z.seen[i].Server] = true
	}
	for s := range z.open {
		if !there[s.Server] {
			log.Infof("%s: is no nameserver of the zone any more", z.about(s))
			z.resolve(s)
		}
	}
	for s := range z.until {
		if !there[s] {
			delete(z.until, s)
		}
	}
	forgetNS(z, there)
}

func (z *watchedZone) resolve(s nswatch.Subject) {
	delete(z.open, s)
	alerts.Resolve(watchAlerts[s.Kind], z.alertLabels(s))
}

// forgotten ends everything: nobody watches the zone any more. A round that is under way tells nothing.
func (z *watchedZone) forgotten() {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.gone = true
	for s := range z.open {
		z.resolve(s)
	}
	forgetNS(z, nil)
}

// about names the zone and the server, or the respect.
func (z *watchedZone) about(s nswatch.Subject) string {
	switch {
	case s.Server != nswatch.Server{}:
		return fmt.Sprintf("%s: nameserver %s", z.name, s.Server)
	case s.Kind == nswatch.Delegation:
		return z.name + ": delegation"
	}
	return z.name
}

// alert is the alert of a finding. One that is only about what might fail together calls nobody out of bed.
func (z *watchedZone) alert(f nswatch.Finding) events.Alert {
	a := events.Alert{Name: watchAlerts[f.Kind], Severity: events.Warning, Labels: z.alertLabels(f.Subject), Summary: z.about(f.Subject) + ": " + f.Text}
	if f.Critical {
		a.Severity = events.Critical
	}
	return a
}

func (z *watchedZone) alertLabels(s nswatch.Subject) map[string]string {
	labels := map[string]string{"zone": z.name, "server": z.server}
	if s.What != "" {
		labels["kind"] = s.What
	}
	if s.Server != (nswatch.Server{}) {
		labels["ns"], labels["address"] = s.Server.Name, s.Server.Addr.Addr().String()
	}
	return labels
}

// say tells once that something could not be asked, and why; and that it can be again.
func (z *watchedZone) say(what string, err error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	switch reason, was := nswatch.Why(err), z.said[what] != ""; {
	case z.gone:
	case err != nil && z.said[what] != reason:
		z.said[what] = reason
		log.Warningf("%s: %s: %s", z.name, what, reason)
	case err == nil && was:
		delete(z.said, what)
		log.Infof("%s: is over: %s", z.name, what)
	}
}
