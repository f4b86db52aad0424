package zone

import "testing"

func TestWhatIsDerivedOfAVersionIsMadeOnce(t *testing.T) {
	v, made := new(Version), 0
	for range 3 {
		got := v.Derived(func(of *Version) any {
			if of != v {
				t.Error("another version")
			}
			made++
			return made
		})
		if got != 1 {
			t.Errorf("%v", got)
		}
	}
	if got := new(Version).Derived(func(*Version) any { return "other" }); got != "other" {
		t.Errorf("%v of another version", got)
	}
}
