package nsfailover

import (
	"context"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/status"
)

func init() { status.Register("targets", targetsPart{}) }

// targetsPart shows everything that is checked: GET /v1/targets. Orders are given for pools and primaries.
type targetsPart struct{}

// targetDocument is what is told of a check, for each who asked for it.
type targetDocument struct {
	For        string    `json:"for"`
	Check      string    `json:"check"`
	Capability string    `json:"capability"`
	Canary     bool      `json:"canary,omitempty"`
	State      string    `json:"state"`
	Override   string    `json:"override,omitempty"`
	Since      time.Time `json:"since,omitzero"`
	Checked    time.Time `json:"checked,omitzero"`
	Next       time.Time `json:"next,omitzero"`
	RTT        float64   `json:"rtt_seconds,omitempty"`
	Failures   int       `json:"failures,omitempty"`
	Reason     string    `json:"reason,omitempty"`
}

// Read implements status.Part.
func (targetsPart) Read(path []string) (any, error) {
	if len(path) > 0 {
		return nil, status.ErrNothing
	}
	list, frozen := []targetDocument{}, false
	if p := probing.Load(); p != nil {
		_, frozen = p.Isolation()
		for _, v := range p.Views() {
			s := v.State
			list = append(list, targetDocument{
				For: v.User, Check: v.Key.String(), Capability: string(v.Key.Kind.Capability()), Canary: v.Canary,
				State: s.Phase().String(), Override: string(s.Override), Since: status.At(s.Since), Checked: status.At(s.Checked),
				Next: status.At(s.Next), RTT: s.RTT.Seconds(), Failures: s.Failures, Reason: s.Reason,
			})
		}
	}
	return map[string]any{"isolated": frozen, "targets": list}, nil
}

// Order implements status.Part.
func (targetsPart) Order(context.Context, []string, string) (any, error) {
	return nil, status.ErrNoAction
}
