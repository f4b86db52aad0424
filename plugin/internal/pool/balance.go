package pool

import (
	"cmp"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
)

// Balance is in which order the addresses of a tier are answered, and how many of them.
type Balance uint8

// The ways.
const (
	All      Balance = iota // all, each of them first in its turn
	One                     // one, in turn
	Weighted                // one at random, by its weight
	RTT                     // all, the nearest first
	Load                    // all, that with the least load first
)

// Balances are the words for them, in their order.
var Balances = [...]string{"all", "one", "weighted", "rtt", "load"}

// Member is an address that may be answered.
type Member struct {
	Addr   netip.Addr
	Weight int           // 0: 1
	RTT    time.Duration // 0: it is not known
	Load   *float64      // nil: it told none
}

// Order are the addresses to answer with. turn counts the answers of the pool.
func (b Balance) Order(members []Member, turn uint64) []netip.Addr {
	list := slices.Clone(members)
	if len(list) == 0 {
		return nil
	}
	switch b {
	case All, One:
		list = rotated(list, turn)
	case Weighted:
		first := pick(list)
		list[0], list[first] = list[first], list[0]
	case RTT:
		slices.SortStableFunc(list, func(x, y Member) int { return cmp.Compare(x.distance(), y.distance()) })
	case Load:
		slices.SortStableFunc(list, func(x, y Member) int { return cmp.Compare(x.load(), y.load()) })
	}
	if b == One || b == Weighted {
		return []netip.Addr{list[0].Addr}
	}
	addrs := make([]netip.Addr, len(list))
	for i, m := range list {
		addrs[i] = m.Addr
	}
	return addrs
}

// distance is the round trip. Whose is not known comes after the others.
func (m Member) distance() time.Duration {
	if m.RTT <= 0 {
		return math.MaxInt64
	}
	return m.RTT
}

// load is the load, likewise.
func (m Member) load() float64 {
	if m.Load == nil {
		return math.Inf(1)
	}
	return *m.Load
}

func rotated(list []Member, turn uint64) []Member {
	at := int(turn % uint64(len(list)))
	return slices.Concat(list[at:], list[:at])
}

func pick(list []Member) int {
	total := 0
	for _, m := range list {
		total += max(m.Weight, 1)
	}
	n := rand.N(total)
	for i, m := range list {
		if n -= max(m.Weight, 1); n < 0 {
			return i
		}
	}
	return 0
}
