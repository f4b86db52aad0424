package secondaryplus

import "github.com/coredns/caddy"

func init() {
	caddy.RegisterEventHook(pluginName, func(event caddy.EventName, _ any) error {
		if event == caddy.InstanceStartupEvent {
			process.started(func(p *Plugin) bool { return p.siblings.running() })
		}
		return nil
	})
}

// started is for when an instance of CoreDNS has started, and all that it replaces has been shut down. What is
// still staged then had no instance of ours before it, whose end would have committed it. What does not run is
// left from a start that failed; nobody told us, for there was no instance of ours before that either.
func (e *engine) started(runs func(*Plugin) bool) {
	e.mu.Lock()
	dead := make(map[*Plugin]struct{})
	for _, m := range e.members {
		for p := range m.holders {
			if !runs(p) {
				dead[p] = struct{}{}
			}
		}
	}
	for _, p := range e.staged {
		if _, ok := dead[p]; !ok {
			e.commit(p)
		}
	}
	e.staged = nil
	e.mu.Unlock()
	for p := range dead {
		e.detach(p)
	}
	e.mu.Lock()
	retired := e.endpoint.take()
	e.mu.Unlock()
	e.end(nil, nil, retired)
}
