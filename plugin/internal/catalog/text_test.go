package catalog

import (
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
