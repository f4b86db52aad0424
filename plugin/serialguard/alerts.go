package serialguard

import (
	"fmt"
	"strings"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/events"
	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// The alerts.
const (
	alertHeld     = "CandidateHeld"
	alertReleased = "CandidateReleased"
	alertDisagree = "PrimariesDisagree"
)

func (g *gate) labels(z *refresh.Zone) map[string]string {
	return map[string]string{"zone": z.Name(), "server": g.server}
}

// heldAlert is that something is held. It is the same as long as that is.
func (g *gate) heldAlert(z *refresh.Zone, h *refresh.Held) events.Alert {
	a := events.Alert{
		Name: alertHeld, Severity: events.Warning, Labels: g.labels(z), StartsAt: h.Since,
		Summary: fmt.Sprintf("Serial %s of %s is held; what was served before goes on being served", h.Serial, z.Name()),
		Details: map[string]string{
			"serial": h.Serial.String(), "primary": h.From.String(), "digest": h.Ruling.Digest,
			"reasons": reasons(h.Ruling.Findings), "note": h.Ruling.Note,
		},
	}
	if v := z.Current(); v != nil {
		a.Details["serving"] = v.Serial().String()
	}
	if until := h.Ruling.Until; !until.IsZero() && time.Now().After(until) {
		a.Severity = events.Critical
	}
	if h.Ruling.Lapse {
		a.Summary = fmt.Sprintf("Serial %s of %s was held for too long; the zone is not served any longer", h.Serial, z.Name())
	}
	return a
}

// releasedAlert is that a version is served which was held, for there was no time left.
func (g *gate) releasedAlert(z *refresh.Zone, v *zone.Version, why string, findings []guard.Finding) events.Alert {
	return events.Alert{
		Name: alertReleased, Severity: events.Critical, Labels: g.labels(z),
		Summary: fmt.Sprintf("Serial %s of %s was held, and is served now: %s", v.Serial(), z.Name(), why),
		Details: map[string]string{"serial": v.Serial().String(), "reasons": reasons(findings)},
	}
}

// disagreement is that primaries have different versions. Different contents with one serial are the worst of it.
func (g *gate) disagreement(z *refresh.Zone, list []guard.Finding) events.Alert {
	a := events.Alert{
		Name: alertDisagree, Severity: events.Warning, Labels: g.labels(z),
		Summary: fmt.Sprintf("The primaries of %s do not have the same", z.Name()), Details: map[string]string{"reasons": reasons(list)},
	}
	for _, f := range list {
		if f.Rule == guard.PrimariesDiffer || f.Rule == guard.SameSerial {
			a.Severity = events.Critical
			a.Summary = fmt.Sprintf("Different contents of %s have the same serial", z.Name())
		}
	}
	return a
}

func reasons(list []guard.Finding) string {
	text := make([]string, len(list))
	for i, f := range list {
		text[i] = f.String()
	}
	return strings.Join(text, "; ")
}
