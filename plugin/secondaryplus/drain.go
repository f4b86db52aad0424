package secondaryplus

import (
	"context"

	"github.com/understudy-dns/understudy/plugin/internal/status"
)

func init() {
	status.Register("drain", drainPart{drained: true})
	status.Register("undrain", drainPart{})
}

// drainPart takes the process out of service, or back in: it answers as before, and is not ready.
//
//	GET  /v1/drain
//	POST /v1/drain    /v1/undrain
type drainPart struct{ drained bool }

type drainDocument struct {
	Drained bool `json:"drained"`
	Ready   bool `json:"ready"`
}

// Read implements status.Part.
func (drainPart) Read(path []string) (any, error) {
	if len(path) > 0 {
		return nil, status.ErrNothing
	}
	return drainDocument{process.readiness.drained.Load(), process.ready()}, nil
}

// Order implements status.Part.
func (p drainPart) Order(_ context.Context, path []string, from string) (any, error) {
	if len(path) > 0 {
		return nil, status.ErrNothing
	}
	if process.readiness.drained.Swap(p.drained) != p.drained {
		if p.drained {
			log.Warningf("DRAINED by order from %s: the process answers, and is not ready until 'undrain' is ordered", from)
		} else {
			log.Infof("The drain was ended by order from %s", from)
		}
	}
	return p.Read(nil)
}
