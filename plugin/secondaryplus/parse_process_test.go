package secondaryplus

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coredns/caddy"
)

// settingsIn reads stanzas, each of which is a list of properties.
func settingsIn(t *testing.T, stanzas ...string) (*settings, error) {
	t.Helper()
	var text strings.Builder
	for i, body := range stanzas {
		text.WriteString("secondaryplus " + string('a'+rune(i)) + ".example {\n transfer from 192.0.2.1\n " + body + "\n}\n")
	}
	c := caddy.NewTestController("dns", text.String())
	c.ServerBlockKeys = []string{"dns://block.example.:53"}
	_, err := parse(c, testSecrets)
	return settingsOf(c), err
}

func tokenIn(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhereTheStatusIs(t *testing.T) {
	token := " token " + tokenIn(t, "0123456789abcdef\n")
	for arg, want := range map[string]string{
		"127.0.0.1:8053":               "127.0.0.1:8053",
		"127.9.9.9:8053":               "127.9.9.9:8053",
		"[::1]:8053":                   "[::1]:8053",
		"8053":                         "127.0.0.1:8053",
		"[::ffff:127.0.0.1]:8053":      "127.0.0.1:8053",
		":8053" + token:                "[::]:8053",
		"192.0.2.1:8053" + token:       "192.0.2.1:8053",
		"[2001:DB8::0:1]:8053" + token: "[2001:db8::1]:8053",
		"0.0.0.0:8053" + token:         "0.0.0.0:8053",
	} {
		g, err := settingsIn(t, "status "+arg)
		if err != nil || g.status.value.addr.String() != want {
			t.Errorf("%s: %s, %v", arg, g.status.value.addr, err)
		}
	}
}

func TestSettingsOfTheProcessMayBeRepeatedOnlyIdentically(t *testing.T) {
	g, err := settingsIn(t, "status 8053", "metrics problems", "status [::ffff:127.0.0.1]:8053\n transfers 7\n metrics problems", "transfers 7 2")
	if err != nil || g.transfers.value != (transferLimits{7, 2}) || g.metrics.value != metricsProblems {
		t.Errorf("%+v, %v", g, err)
	}
	if got := g.transfers.where; got != "Testfile:12" {
		t.Errorf("the first place is %s", got)
	}
	token := tokenIn(t, "0123456789abcdef\n")
	for _, c := range []struct{ property, one, other string }{
		{"status", "8053", "8054"},
		{"status", "8053", "8053 token " + token},
		{"transfers", "10", "10 3"},
		{"metrics", "all", "problems"},
	} {
		_, err := settingsIn(t, c.property+" "+c.one, c.property+" "+c.one, c.property+" "+c.other)
		want := "Testfile:11 - Error during parsing: '" + c.property + "' is one for the whole process, and it is another one in Testfile:3"
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v", c.property, err)
		}
	}
}

func TestSettingsThatAreNotThere(t *testing.T) {
	g, err := settingsIn(t, "")
	if err != nil || g.status.value.addr.IsValid() || g.transfers.or(defaultTransfers) != defaultTransfers || g.metrics.or(metricsBySize) != metricsBySize {
		t.Errorf("%+v, %v", g, err)
	}
	if g, err := settingsIn(t, "transfers 1"); err != nil || g.transfers.value != (transferLimits{1, 1}) {
		t.Errorf("%+v, %v", g, err)
	}
}

func TestWrongSettingsOfTheProcess(t *testing.T) {
	const onLoopback = "a status that is not on loopback needs a token"
	for _, c := range []struct{ body, want string }{
		{"status", "the status is given as 'status ADDRESS [token FILE]'"},
		{"status 8053 token", "the status is given as"},
		{"status 8053 secret /tmp/x", "the status is given as"},
		{"status localhost:8053", "not at 'localhost:8053'"},
		{"status 127.0.0.1", "not at '127.0.0.1'"},
		{"status 127.0.0.1:0", "not at '127.0.0.1:0'"},
		{"status :0", "not at ':0'"},
		{"status 65536", "not at '65536'"},
		{"status :8053", onLoopback},
		{"status 192.0.2.1:8053", onLoopback},
		{"status [::]:8053", onLoopback},
		{"status 8053 token /does/not/exist", "the token of the status: stat /does/not/exist"},
		{"status 8053 token " + tokenIn(t, "short\n"), "is no token"},
		{"status 8053 token /dev/null", "not a regular file"},
		{"transfers", "bounded as 'transfers TOTAL [PER-PRIMARY]'"},
		{"transfers 1 2 3", "bounded as"},
		{"transfers 0", "between 1 and 10000, not '0'"},
		{"transfers 10 many", "not 'many'"},
		{"transfers 10 11", "11 from one primary are more than 10"},
		{"metrics", "Wrong argument count"},
		{"metrics some", "not 'some'"},
	} {
		_, err := settingsIn(t, c.body)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "Testfile:3 - ") {
			t.Errorf("%s: got %v, want %q", c.body, err, c.want)
		}
	}
}
