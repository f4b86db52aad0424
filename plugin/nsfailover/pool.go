package nsfailover

import (
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/alerts"
	"github.com/understudy-dns/understudy/plugin/internal/health"
	"github.com/understudy-dns/understudy/plugin/internal/pool"
	"github.com/understudy-dns/understudy/plugin/internal/prober"
)

// A member is what is known of an address of a pool.
type member struct {
	state health.State
	load  *float64 // nil: it told none
}

// A runtime is a pool at work. It outlives reloads.
type runtime struct {
	id poolID

	mu      sync.Mutex
	config  *poolConfig
	members map[netip.Addr]member
	state   pool.State
	timer   *time.Timer // until the state may change by itself; nil: it does not
	ended   bool        // it is there no more

	answer atomic.Pointer[answer] // what queries are answered with
	turn   [2]atomic.Uint64       // of each family: clients ask for both in pairs
	inert  atomic.Pointer[inert]
}

// poolID tells pools apart.
type poolID struct {
	server string // the first key of the server block, with its view
	name   string // of the pool, in lower-case presentation form
}

// An answer is what queries are answered with. It does not change.
type answer struct {
	config *poolConfig
	tiers  [2]pool.Tier
	list   [2][]pool.Member
}

func newRuntime(id poolID, c *poolConfig) *runtime {
	r := &runtime{id: id, members: make(map[netip.Addr]member)}
	r.configure(c)
	return r
}

// configure has another configuration count. What is known of members that stay, stays.
func (r *runtime) configure(c *poolConfig) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.config == c {
		return
	}
	r.config = c
	for a, m := range r.members {
		if !slices.Contains(c.members(), a) {
			if m.state.Seen == health.Damped {
				alerts.Resolve(alertFlapping, r.labelsOf(a))
			}
			delete(r.members, a)
		}
	}
	r.settle(false)
}

// end stops what goes on by itself.
func (r *runtime) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
}

// gone has the alerts about the pool end, which is there no more.
func (r *runtime) gone() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for f := range r.state {
		alerts.Resolve(alertFailedOver, r.labelsIn(f))
		alerts.Resolve(alertAllDown, r.labelsIn(f))
	}
	for a := range r.members {
		alerts.Resolve(alertFlapping, r.labelsOf(a))
	}
}

// alarm has the alerts fire about what is wrong, and end about a member that begins anew.
func (r *runtime) alarm() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for f, s := range r.state {
		r.fire(f, s.Tier)
	}
	for a, m := range r.members {
		alarmFlapping(m.state.Phase() == health.Damped, r.labelsOf(a))
	}
}

// tell takes what a probe, or anything else, has changed.
func (r *runtime) tell(a netip.Addr, u prober.Update) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended || !slices.Contains(r.config.members(), a) {
		return // it happened before that was so
	}
	if u.Effect.Changed() {
		r.told(a, u)
	}
	worked, before := r.works(a), r.members[a]
	m := member{state: u.State, load: before.load}
	if u.Result != nil && u.Result.HasLoad {
		m.load = &u.Result.Load
	}
	r.members[a] = m
	r.say(a, u.State)
	measured := r.config.balance == pool.RTT || r.config.balance == pool.Load
	// Below an order, the phase stays, and what probes see decides whether the member is the last resort.
	below := before.state.Override != u.State.Override || before.state.Seen != u.State.Seen
	if u.Effect.Changed() || worked != r.works(a) || below || measured || u.State.Failures > 0 { // else it is as it was
		r.settle(false)
	}
}

// failBack ends a failover on behalf of the operator, and says whether there was one that could be ended.
func (r *runtime) failBack() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.state
	r.settle(true)
	return before != r.state
}

// settle decides anew; r.mu is held.
func (r *runtime) settle(order bool) {
	if r.ended {
		return
	}
	now := time.Now()
	next, again := r.config.params.Step(r.state, r.counts(), order, now)
	before := r.state
	r.state = next
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
	if !again.IsZero() {
		r.timer = time.AfterFunc(again.Sub(now), func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.settle(false)
		})
	}
	r.answer.Store(r.answers())
	for f := range next {
		if next[f].Tier != before[f].Tier {
			r.moved(f, before[f].Tier, next[f].Tier)
		}
	}
}

// counts are how many members of each family are usable.
func (r *runtime) counts() (counts [2]pool.Count) {
	for _, a := range r.config.primary {
		c := &counts[pool.FamilyOf(a)]
		c.Primaries++
		if r.works(a) {
			c.PrimariesUp++
		}
	}
	for _, a := range r.config.backup {
		c := &counts[pool.FamilyOf(a)]
		c.Backups++
		if r.works(a) {
			c.BackupsUp++
		}
	}
	return counts
}

// answers are what the tiers lead to.
func (r *runtime) answers() *answer {
	a := &answer{config: r.config}
	for f := range a.list {
		a.tiers[f] = r.state[f].Tier
		a.list[f] = r.tier(f)
	}
	return a
}

func (r *runtime) tier(family int) []pool.Member {
	c := r.config
	switch r.state[family].Tier {
	case pool.Primary:
		return r.usable(c.primary, family)
	case pool.Backup:
		return r.usable(c.backup, family)
	}
	return r.down(family)
}

// down is what is answered when there are neither enough primaries nor any backup: the last resort if nothing is usable,
// and else what `all_down` says, without those that an operator has taken out, as long as there is another one.
func (r *runtime) down(family int) []pool.Member {
	alive := r.usable(r.config.members(), family)
	if resort := r.lastResort(family); len(alive) == 0 && len(resort) > 0 {
		return resort
	}
	list := r.allDown(family)
	kept := slices.DeleteFunc(slices.Clone(list), func(m pool.Member) bool { return r.takenOut(m.Addr) })
	switch {
	case len(kept) > 0:
		return kept
	case len(list) > 0 && len(alive) > 0:
		return alive
	}
	return list
}

// allDown is what `all_down` says.
func (r *runtime) allDown(family int) []pool.Member {
	c := r.config
	switch c.params.WhenDown {
	case pool.AnswerPrimary:
		return r.every(c.primary, family)
	case pool.AnswerBackup:
		return r.every(c.backup, family)
	case pool.AnswerAll:
		return r.every(c.members(), family)
	case pool.AnswerLast:
		return r.last(family)
	}
	return nil
}

// last are those that were answered last. If that was a last resort, and something is usable again, all primaries are.
func (r *runtime) last(family int) []pool.Member {
	primaries := r.every(r.config.primary, family)
	a := r.answer.Load()
	works := func(m pool.Member) bool { return r.works(m.Addr) }
	if a == nil || slices.ContainsFunc(primaries, works) && !slices.ContainsFunc(a.list[family], works) {
		return primaries
	}
	return a.list[family]
}

func (r *runtime) usable(list []netip.Addr, family int) []pool.Member {
	return r.some(list, family, r.works)
}

// lastResort are those that are not usable, and not dead either: drained, or damped.
func (r *runtime) lastResort(family int) []pool.Member {
	return r.some(r.config.members(), family, func(a netip.Addr) bool { return r.members[a].state.LastResort(r.config.health) })
}

// takenOut says that an operator does not want a member to be used.
func (r *runtime) takenOut(a netip.Addr) bool {
	o := r.members[a].state.Override
	return o == health.ForceDrain || o == health.ForceDown
}

func (r *runtime) every(list []netip.Addr, family int) []pool.Member {
	return r.some(list, family, func(netip.Addr) bool { return true })
}

func (r *runtime) some(list []netip.Addr, family int, wanted func(netip.Addr) bool) (some []pool.Member) {
	for _, a := range list {
		if m := r.members[a]; pool.FamilyOf(a) == family && wanted(a) {
			some = append(some, pool.Member{Addr: a, Weight: r.config.weights[a], RTT: m.state.RTT, Load: m.load})
		}
	}
	return some
}

// familyOf is that of the addresses in records of a type.
func familyOf(rrtype uint16) int {
	if rrtype == dns.TypeAAAA {
		return 1
	}
	return 0
}

// next is the turn of an answer with the records of a type.
func (r *runtime) next(rrtype uint16) uint64 { return r.turn[familyOf(rrtype)].Add(1) - 1 }

// present is the turn of what is only added to another answer: the next answer does not go without it.
func (r *runtime) present(rrtype uint16) uint64 { return r.turn[familyOf(rrtype)].Load() }

// has says whether the pool has any address for records of a type, be it usable or not.
func (r *runtime) has(rrtype uint16) bool {
	family := familyOf(rrtype)
	return slices.ContainsFunc(r.answer.Load().config.members(), func(m netip.Addr) bool { return pool.FamilyOf(m) == family })
}

// records are the RRset of a type that the pool has now.
func (r *runtime) records(owner string, rrtype uint16, ttl uint32, turn uint64) (list []dns.RR) {
	a := r.answer.Load()
	family := familyOf(rrtype)
	c := a.config
	ttl = min(ttl, c.most)
	if a.tiers[family] != pool.Primary {
		ttl = min(ttl, c.degraded)
	}
	header := dns.RR_Header{Name: owner, Rrtype: rrtype, Class: dns.ClassINET, Ttl: ttl}
	for _, addr := range c.balance.Order(a.list[family], turn) {
		if family == 0 {
			list = append(list, &dns.A{Hdr: header, A: addr.AsSlice()})
		} else {
			list = append(list, &dns.AAAA{Hdr: header, AAAA: addr.AsSlice()})
		}
	}
	return list
}

// fails says that a query of a type is to be answered SERVFAIL.
func (r *runtime) fails(rrtype uint16) bool {
	a := r.answer.Load()
	family := familyOf(rrtype)
	return a.tiers[family] == pool.Down && len(a.list[family]) == 0 && a.config.params.WhenDown == pool.AnswerServfail
}
