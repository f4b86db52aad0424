package understudy

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
)

// ZoneStatus is what the status listener at {{port:NAME}} tells of a zone.
func (s *Server) ZoneStatus(portName, zone string) (map[string]any, error) {
	text, err := read("http://" + s.AddrOf(portName) + "/v1/zones/" + url.PathEscape(zone))
	if err != nil {
		return nil, err
	}
	var document map[string]any
	return document, json.Unmarshal(text, &document)
}

// WaitStatus waits until a field of that document matches a pattern. The path
// to it has dots, and numbers for the elements of a list: "primaries.0.error".
// A field that does not exist is empty.
func (s *Server) WaitStatus(t testing.TB, portName, zone, path, pattern string) {
	t.Helper()
	re := regexp.MustCompile(pattern)
	ask.Until(t, fmt.Sprintf("%s of %s matches %s", path, zone, pattern), func() error {
		document, err := s.ZoneStatus(portName, zone)
		if err != nil {
			return err
		}
		if got := field(document, path); !re.MatchString(got) {
			return fmt.Errorf("it is %q", got)
		}
		return nil
	})
}

// field is the text of what a path leads to. Numbers are written as integers
// where they are such.
func field(value any, path string) string {
	for _, step := range strings.Split(path, ".") {
		switch inner := value.(type) {
		case map[string]any:
			value = inner[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(inner) {
				return ""
			}
			value = inner[i]
		default:
			return ""
		}
	}
	switch value := value.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}
