package secondaryplus

import (
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/status"
)

// heldOf is what the status tells of a version that is kept back.
func heldOf(h *refresh.Held) *status.Held {
	if h == nil {
		return nil
	}
	s := &status.Held{
		Serial: uint32(h.Fetched.Version.Serial()), Primary: h.From.String(),
		Since: status.At(h.Since), Again: status.At(h.Ruling.Again), Note: h.Ruling.Note,
	}
	for _, f := range h.Ruling.Findings {
		s.Findings = append(s.Findings, status.Finding{Rule: f.Rule.String(), Verdict: f.Verdict.String(), Reason: f.Reason})
	}
	return s
}
