package soak_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
)

// zones is how many there are.
const zones = 200

// model is one zone as the test writes it.
type model struct {
	name          string
	keyed, signed bool
	serial        uint32
	hosts         []int // what each host has; 0: nothing
	next          int
}

// newModels makes zones of all sizes: two of them large, some of a thousand names, most of a few. Serials of some
// will wrap.
func newModels(random *rand.Rand) (list []*model) {
	for i := range zones {
		size := 5 + random.IntN(45)
		switch {
		case i < 2:
			size = 10000
		case i < 10:
			size = 1000
		}
		z := &model{name: fmt.Sprintf("z%d.example.", i), keyed: i%4 == 1, signed: i >= 5 && i < 15, serial: 1, hosts: make([]int, size)}
		if i%3 == 0 {
			z.serial = 1<<32 - 1 - random.Uint32N(50)
		}
		z.change(random, size/2)
		list = append(list, z)
	}
	return list
}

// change has n hosts get something new, or nothing any more. There is always a difference.
func (z *model) change(random *rand.Rand, n int) {
	for _, host := range random.Perm(len(z.hosts))[:max(1, min(n, len(z.hosts)))] {
		if z.hosts[host] != 0 && random.IntN(3) == 0 {
			z.hosts[host] = 0
			continue
		}
		z.next++
		z.hosts[host] = z.next
	}
}

// text is the zone file.
func (z *model) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "$TTL 300\n@ SOA ns hostmaster %d 10 2 3600 30\n@ NS ns\nns A 127.0.0.1\n*.wild TXT \"any\"\nsub NS ns.sub\nns.sub A 192.0.2.9\n", z.serial)
	for host, v := range z.hosts {
		if v == 0 {
			continue
		}
		switch host % 5 {
		case 0:
			fmt.Fprintf(&b, "h%d AAAA 2001:db8::%x\n", host, v%65536)
		case 1:
			fmt.Fprintf(&b, "h%d TXT \"%d\" \"of %d\"\n", host, v, host)
		case 2:
			fmt.Fprintf(&b, "h%d MX %d mail%d\n", host, v%65536, v%7)
		case 3:
			fmt.Fprintf(&b, "deep.h%d TYPE65280 \\# 4 %08x\n", host, v)
		default:
			fmt.Fprintf(&b, "h%d A 10.%d.%d.%d\n", host, v>>16%256, v>>8%256, v%256)
		}
	}
	return b.String()
}

// history is which serials each zone had at the primary, in their order.
type history struct {
	mu     sync.RWMutex
	order  map[string]map[uint32]int
	latest map[string]uint32
}

func newHistory() *history {
	return &history{order: map[string]map[uint32]int{}, latest: map[string]uint32{}}
}

// add needs the lock: whoever changes a zone holds it until the serial of the change is known, for somebody may be
// answered it at once.
func (h *history) add(zone string, serial uint32) {
	if h.order[zone] == nil {
		h.order[zone] = map[uint32]int{}
	}
	if _, known := h.order[zone][serial]; !known {
		h.order[zone][serial] = len(h.order[zone])
	}
	h.latest[zone] = serial
}

// of is the place of a serial among those of its zone.
func (h *history) of(zone string, serial uint32) (order int, known bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	order, known = h.order[zone][serial]
	return order, known
}

func (h *history) current(zone string) uint32 {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.latest[zone]
}

// split are the names of the zones without and with a key.
func split(list []*model) (plain, keyed string) {
	var names [2][]string
	for _, z := range list {
		i := 0
		if z.keyed {
			i = 1
		}
		names[i] = append(names[i], z.name)
	}
	slices.Sort(names[0])
	return strings.Join(names[0], " "), strings.Join(names[1], " ")
}
