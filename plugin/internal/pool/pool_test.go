package pool

import (
	"net/netip"
	"slices"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func TestTiers(t *testing.T) {
	for _, c := range []struct {
		name   string
		params Params
		count  Count
		want   Tier
	}{
		{"all is well", Params{MinUp: 1}, Count{2, 2, 1, 1}, Primary},
		{"one of two is enough", Params{MinUp: 1}, Count{2, 1, 1, 1}, Primary},
		{"one of two is too few", Params{MinUp: 2}, Count{2, 1, 1, 1}, Backup},
		{"no more can be asked for than there are", Params{MinUp: 5}, Count{2, 2, 1, 1}, Primary},
		{"none is up", Params{MinUp: 1}, Count{2, 0, 1, 1}, Backup},
		{"the backups are down, too", Params{MinUp: 1}, Count{2, 0, 1, 0}, Down},
		{"there are no backups", Params{MinUp: 1}, Count{2, 0, 0, 0}, Down},
		{"there are no primaries of the family", Params{MinUp: 1}, Count{0, 0, 1, 1}, Primary},
	} {
		next, again := c.params.Step(State{}, [2]Count{c.count}, false, noon)
		if next[0].Tier != c.want || !again.IsZero() {
			t.Errorf("%s: %s, again %s", c.name, next[0].Tier, again)
		}
	}
}

func TestFailback(t *testing.T) {
	up, down := [2]Count{{1, 1, 1, 1}}, [2]Count{{1, 0, 1, 1}}
	p := Params{MinUp: 1, Failback: time.Minute}
	s, _ := p.Step(State{}, down, false, noon)
	s, again := p.Step(s, up, false, noon)
	if s[0].Tier != Backup || !again.Equal(noon.Add(time.Minute)) {
		t.Fatalf("%+v, again %s", s, again)
	}
	if early, _ := p.Step(s, up, false, noon.Add(time.Minute-1)); early[0].Tier != Backup {
		t.Error("it failed back too early")
	}
	if interrupted, _ := p.Step(s, down, false, noon.Add(30*time.Second)); !interrupted[0].Good.IsZero() {
		t.Error("a failure does not begin the time anew")
	}
	if at, again := p.Step(s, up, false, noon.Add(time.Minute)); at[0].Tier != Primary || !again.IsZero() {
		t.Errorf("%+v, again %s", at, again)
	}
	if ordered, _ := p.Step(s, up, true, noon.Add(1)); ordered[0].Tier != Primary {
		t.Error("the order is not heeded")
	}
	if ordered, _ := p.Step(s, down, true, noon.Add(1)); ordered[0].Tier != Backup {
		t.Error("an order moves it to what does not work")
	}
	manual := Params{MinUp: 1, Failback: -1}
	if late, again := manual.Step(s, up, false, noon.Add(1000*time.Hour)); late[0].Tier != Backup || !again.IsZero() {
		t.Errorf("without an order: %+v, again %s", late, again)
	}
	if gone, _ := manual.Step(s, [2]Count{{1, 1, 1, 0}}, false, noon); gone[0].Tier != Primary {
		t.Error("it stays with backups that do not work, though the primaries do")
	}
}

// What fails while the pool stands on its backups leads to the primaries at once, if they work.
func TestAllDownAndBack(t *testing.T) {
	p := Params{MinUp: 1, Failback: time.Minute}
	s, _ := p.Step(State{}, [2]Count{{1, 0, 1, 0}}, false, noon)
	if s[0].Tier != Down {
		t.Fatal(s)
	}
	if s, _ = p.Step(s, [2]Count{{1, 1, 1, 0}}, false, noon); s[0].Tier != Primary {
		t.Errorf("%s", s[0].Tier)
	}
}

func TestLinkedFamilies(t *testing.T) {
	counts := [2]Count{{1, 0, 1, 1}, {1, 1, 1, 1}}
	independent, _ := Params{MinUp: 1}.Step(State{}, counts, false, noon)
	if independent[0].Tier != Backup || independent[1].Tier != Primary {
		t.Errorf("independent: %+v", independent)
	}
	p := Params{MinUp: 1, Linked: true}
	if both, _ := p.Step(State{}, counts, false, noon); both[0].Tier != Backup || both[1].Tier != Backup {
		t.Errorf("linked: %+v", both)
	}
	counts[1].BackupsUp = 0
	if alone, _ := p.Step(State{}, counts, false, noon); alone[1].Tier != Primary {
		t.Errorf("there is nowhere to go: %+v", alone)
	}
}

func TestOrder(t *testing.T) {
	loads := [...]float64{0, 1, 2, 3}
	list := []Member{
		{Addr: netip.MustParseAddr("192.0.2.1"), RTT: 3, Load: &loads[1], Weight: 1},
		{Addr: netip.MustParseAddr("192.0.2.2"), RTT: 1, Load: &loads[3], Weight: 3},
		{Addr: netip.MustParseAddr("192.0.2.3"), RTT: 2, Load: &loads[2], Weight: 0},
	}
	last := func(b Balance, turn uint64) (text string) {
		for _, a := range b.Order(list, turn) {
			text += a.String()[len("192.0.2."):]
		}
		return text
	}
	for _, c := range []struct {
		b    Balance
		turn uint64
		want string
	}{
		{All, 0, "123"}, {All, 1, "231"}, {All, 5, "312"}, {One, 0, "1"}, {One, 4, "2"}, {RTT, 7, "231"}, {Load, 7, "132"},
	} {
		if got := last(c.b, c.turn); got != c.want {
			t.Errorf("%s in turn %d: %s, want %s", Balances[c.b], c.turn, got, c.want)
		}
	}
	list[1].RTT, list[0].Load, list[2].Load = 0, nil, &loads[0]
	if got := last(RTT, 0); got != "312" {
		t.Errorf("one at an unknown distance: %s", got)
	}
	if got := last(Load, 0); got != "321" {
		t.Errorf("one that told no load, one that has none: %s", got)
	}
	if All.Order(nil, 3) != nil {
		t.Error("there is something out of nothing")
	}
}

// The second has three fifths of the weight.
func TestWeights(t *testing.T) {
	list := []Member{{Addr: netip.MustParseAddr("192.0.2.1")}, {Addr: netip.MustParseAddr("192.0.2.2"), Weight: 3}, {Addr: netip.MustParseAddr("192.0.2.3"), Weight: 1}}
	counts := map[netip.Addr]int{}
	const turns = 50_000
	for i := range uint64(turns) {
		counts[Weighted.Order(list, i)[0]]++
	}
	if n := counts[list[1].Addr]; n < turns*55/100 || n > turns*65/100 {
		t.Errorf("%v", counts)
	}
	if slices.ContainsFunc(list, func(m Member) bool { return counts[m.Addr] == 0 }) {
		t.Errorf("%v", counts)
	}
}
