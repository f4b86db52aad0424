package secondaryplus

import (
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/status"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// heldOf is what the status tells of what is kept back while a version is served.
func heldOf(h *refresh.Held, served *zone.Version) *status.Held {
	if h == nil {
		return nil
	}
	s := &status.Held{
		Serial: uint32(h.Serial), Primary: h.From.String(),
		Since: status.At(h.Since), Again: status.At(h.Ruling.Again), Until: status.At(h.Ruling.Until), Note: h.Ruling.Note, Digest: h.Ruling.Digest,
		Findings: findingsOf(h.Ruling.Findings),
	}
	if d := h.Fetched.Delta; d != nil && served != nil && d.From.Hash == served.SetHash() {
		s.Difference = differenceOf(d)
	}
	return s
}

func findingsOf(list []guard.Finding) (told []status.Finding) {
	for _, f := range list {
		told = append(told, status.Finding{Rule: f.Rule.String(), Verdict: f.Verdict.String(), Reason: f.Reason})
	}
	return told
}

func keptOf(list []refresh.Earlier) (told []status.Kept) {
	for _, k := range list {
		told = append(told, status.Kept{Serial: uint32(k.Serial), Records: k.Records, Until: status.At(k.Until)})
	}
	return told
}

// mostShown is how many records of a difference are shown, of each kind.
const mostShown = 100

// differenceOf shows which records go and come.
func differenceOf(d *zone.Delta) *status.Difference {
	return &status.Difference{
		Deletions: d.Deletions, Additions: d.Additions, Deleted: shown(d.Deleted), Added: shown(d.Added),
		Cut: d.Partial || max(d.Deletions, d.Additions) > mostShown,
	}
}

// shown are the first of the records in presentation form.
func shown(wire []byte) (list []string) {
	for rr, err := range zone.Records(wire) {
		if err != nil || len(list) == mostShown {
			break
		}
		if text, _, err := dns.UnpackRR(rr.AppendWire(nil), 0); err == nil {
			list = append(list, text.String())
		}
	}
	return list
}
