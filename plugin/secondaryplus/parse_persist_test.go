package secondaryplus

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// persistIn parses a stanza with lines after the one of the primary.
func persistIn(t *testing.T, lines string) (string, error) {
	t.Helper()
	configs, err := parseText(t, "secondaryplus example.org {\n transfer from 192.0.2.1\n "+lines+"\n}")
	if err != nil {
		return "", err
	}
	return configs[0].persist, nil
}

func TestWhereStateIsKept(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for line, want := range map[string]string{
		"":                                  "",
		"persist " + dir:                    dir,
		"persist " + dir + "/a/../b":        filepath.Join(dir, "b"),
		"persist " + dir + "/not/there/yet": filepath.Join(dir, "not/there/yet"),
		"persist below":                     filepath.Join(dir, "below"),
	} {
		if got, err := persistIn(t, line); err != nil || got != want {
			t.Errorf("%q: %q, %v", line, got, err)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("parsing left %v, %v", entries, err)
	}
}

func TestWhereStateCannotBeKept(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, lines, want string }{
		{"no directory", "persist", "Testfile:3 - Error during parsing: Wrong argument count"},
		{"two directories", "persist /a /b", "Wrong argument count"},
		{"twice", "persist " + dir + "\n persist " + dir, "Testfile:4 - Error during parsing: a second 'persist': the first one is '" + dir + "'"},
		{"a file", "persist " + file, "Testfile:3 - Error during parsing: persist: " + file + " is not a directory"},
		{"below a file", "persist " + file + "/below", "Testfile:3 - Error during parsing: persist: stat " + file + "/below: not a directory"},
	} {
		if _, err := persistIn(t, c.lines); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}
