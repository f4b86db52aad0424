package serialguard

import (
	"context"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

// deskEach is how often it is looked for approvals that operators have left in files, and told of what is held.
const deskEach = time.Second

// sit does that for as long as something is held. It is the goroutine of the desk; process.detach waits for its end.
func (p *guardian) sit(ctx context.Context) {
	tick := time.NewTicker(deskEach)
	defer tick.Stop()
	complaints := make(map[*refresh.Zone]string) // the last one
	for p.occupied() {
		for _, z := range p.all() {
			if ctx.Err() == nil {
				p.look(z, complaints)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// occupied says whether something is held. If not, the desk is left.
func (p *guardian) occupied() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sitting = len(p.held) > 0
	return p.sitting
}

func (p *guardian) look(z *refresh.Zone, complaints map[*refresh.Zone]string) {
	h, g := z.Held(), gateOf(z)
	switch {
	case g == nil:
		p.end(z) // it is not guarded any more
		return
	case h == nil:
		return // it was judged, and is about to be held
	}
	p.fire(g.heldAlert(z, h))
	approved, err := g.acceptFile(z)
	switch {
	case approved:
		delete(complaints, z)
		log.Infof("%s: what is held was approved by a file", z.Name())
		if err != nil {
			failed(z.Name()+": the file with the approval", err)
		}
		g.refresh(z)
	case err != nil && complaints[z] != err.Error():
		complaints[z] = err.Error()
		log.Warningf("%s: %v", z.Name(), err)
	}
}
