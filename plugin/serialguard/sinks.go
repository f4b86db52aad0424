package serialguard

import (
	"sync"

	"github.com/understudy-dns/understudy/plugin/internal/events"
)

// trouble are the sinks that did not take what was sent last.
var trouble = &sinkTrouble{failing: make(map[events.Sink]bool)}

// sinkTrouble keeps a sink that takes nothing from filling the log: it is told when that begins, and when it is over.
type sinkTrouble struct {
	mu      sync.Mutex
	failing map[events.Sink]bool
}

func (s *sinkTrouble) note(o events.Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, is := s.failing[o.Sink], o.Result != events.Sent
	switch {
	case is && !was:
		s.failing[o.Sink] = true
		log.Warningf("%d alerts for %s %s: %v", o.Alerts, o.Sink, o.Result, o.Err)
	case was && !is:
		delete(s.failing, o.Sink)
		log.Infof("%s takes alerts again", o.Sink)
	}
}
