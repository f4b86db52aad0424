package secondaryplus

import (
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
)

func TestWhatIsAskedOfADigest(t *testing.T) {
	for _, c := range []struct {
		line string
		want guard.Mode
	}{{"", guard.Verify}, {"zonemd verify", guard.Verify}, {"zonemd off", guard.Off}, {"zonemd require", guard.Require}} {
		configs, err := parseText(t, "secondaryplus example.org {\n transfer from 192.0.2.1\n "+c.line+"\n}")
		if err != nil || configs[0].refresh().Rules.ZONEMD != c.want {
			t.Errorf("%q: %+v, %v", c.line, configs, err)
		}
	}
	for _, c := range []struct{ name, line, want string }{
		{"no word", "zonemd", "Testfile:3 - Error during parsing: Wrong argument count"},
		{"two words", "zonemd verify require", "Wrong argument count"},
		{"an unknown word", "zonemd maybe", "Testfile:3 - Error during parsing: zonemd is 'off', 'verify' or 'require', not 'maybe'"},
		{"a word in upper case", "zonemd OFF", "not 'OFF'"},
		{"twice", "zonemd off\n zonemd off", "Testfile:4 - Error during parsing: a second 'zonemd'"},
	} {
		_, err := parseText(t, "secondaryplus example.org {\n transfer from 192.0.2.1\n "+c.line+"\n}")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}
