package catalog

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// Members are the same after a restart, whatever octets a catalog has in its names and groups.
func TestMembersOutliveText(t *testing.T) {
	held := time.Date(2026, 5, 1, 12, 0, 0, 1, time.UTC)
	m := Members{entries: map[string]Entry{}, held: 1}
	for _, e := range []Entry{
		{Member: Member{Zone: owner.MustParse("plain.example."), ID: "a"}},
		{Member: Member{Zone: owner.MustParse(`a\.b\000\255.example.`), ID: `x\.\255`, NewOwner: "other."}, Held: held},
		{Member: Member{Zone: owner.MustParse("grouped.example."), ID: "b", Groups: []string{"caf\xe9", "\x00 \"", ""}}},
	} {
		m.entries[string(e.Zone)] = e
	}
	got, err := Decode(m.Encode())
	if err != nil || !reflect.DeepEqual(got, m) {
		t.Errorf("%+v, error %v", got, err)
	}
}

// anyMembers are some with all that a member can have.
func anyMembers(random *rand.Rand) Members {
	m := Members{entries: map[string]Entry{}}
	for i := range random.IntN(20) {
		name := owner.MustParse(fmt.Sprintf(`z%d\000\"\200.example.`, i))
		e := Entry{Member: Member{Zone: name, ID: fmt.Sprintf(`id\%03d`, i)}}
		for g := range random.IntN(3) {
			e.Groups = append(e.Groups, string([]byte{'g', byte(' ' + g), '"'}))
		}
		if random.IntN(2) == 0 {
			e.NewOwner = "other.example."
		}
		if random.IntN(2) == 0 {
			e.Held = time.Unix(random.Int64N(1e10), random.Int64N(1e9)).UTC()
			m.held++
		}
		m.entries[string(name)] = e
	}
	return m
}

func TestMembersSurviveAsText(t *testing.T) {
	for seed := range uint64(500) {
		m := anyMembers(rand.New(rand.NewPCG(seed, 0)))
		got, err := Decode(m.Encode())
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Fatalf("seed %d: %v\ngot  %+v\nwant %+v", seed, err, got, m)
		}
		if got.Encode() != m.Encode() {
			t.Fatalf("seed %d: the same members have two texts", seed)
		}
	}
}

func TestTextThatIsNoMembers(t *testing.T) {
	for _, text := range []string{
		"", "x", "{}", "[", `["a"]`, `[{"zone":".."}]`, `[{"zone":"a..b."}]`, `[{"zone":1}]`,
		`[{"zone":"a.","held":"yesterday"}]`, "id.zones.catalog.example.",
	} {
		if m, err := Decode(text); err == nil || m.Len() != 0 || m.Held() != 0 {
			t.Errorf("%q: %+v, %v", text, m, err)
		}
	}
}

// Whatever is read is written the same from then on, with as many held as there are.
func FuzzDecode(f *testing.F) {
	for seed := range uint64(5) {
		f.Add(anyMembers(rand.New(rand.NewPCG(seed, 0))).Encode())
	}
	f.Add(`[{"zone":"A."},{"zone":"a.","held":"2026-01-01T00:00:00+01:00"},{"zone":"a.","held":"0001-01-01T00:00:00Z"}]`)
	f.Add("null")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Decode(text)
		if err != nil {
			return
		}
		held := 0
		for key, e := range m.All() {
			if string(e.Zone) != key {
				t.Fatalf("%s is found as %q", e.Zone, key)
			}
			if !e.Held.IsZero() {
				held++
			}
		}
		if held != m.Held() {
			t.Fatalf("%d are held, %d they say", held, m.Held())
		}
		again, err := Decode(m.Encode())
		if err != nil || again.Encode() != m.Encode() {
			t.Fatalf("%v: %s became %s", err, m.Encode(), again.Encode())
		}
	})
}
