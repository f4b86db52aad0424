package corefile

import (
	"slices"
	"testing"
)

func TestBlocksAreToldApart(t *testing.T) {
	keys := TellApart([]Block{
		{"a", "", []string{"127.0.0.1", "::1"}}, {"a", "", []string{"127.0.0.2"}},
		{"a", "v", []string{"127.0.0.1"}}, {"b", "v", nil}, {"b", "w", nil},
	})
	if want := []string{"a@127.0.0.1,::1", "a@127.0.0.2", "a", "b", "b"}; !slices.Equal(keys, want) {
		t.Errorf("%q, want %q", keys, want)
	}
	if Label("a@127.0.0.1", "v") != "a@127.0.0.1/v" || Label("a", "") != "a" {
		t.Error("a label has another form")
	}
}
