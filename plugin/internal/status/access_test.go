package status

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const token = "0123456789abcdef"

func tokenFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	write(t, path, text)
	return path
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestATokenIsTheFirstLine(t *testing.T) {
	for _, c := range []struct {
		name, text string
		good       bool
	}{
		{"a line", token + "\n", true},
		{"no end of line", token, true},
		{"a line of Windows", token + "\r\n", true},
		{"a comment below", token + "\nof July\n", true},
		{"too short", "0123456789abcde\n", false},
		{"empty", "", false},
		{"a space", "0123456789 abcdef\n", false},
		{"no ASCII", "0123456789abcdefé\n", false},
		{"without end", strings.Repeat("x", longestToken), false},
	} {
		got, err := ReadToken(tokenFile(t, c.text))
		if c.good && got != token || c.good != (err == nil) || err != nil && !errors.Is(err, ErrToken) {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
	if _, err := ReadToken(t.TempDir()); !errors.Is(err, ErrNotRegular) {
		t.Errorf("a directory: %v", err)
	}
}

func TestOnlyWhoHasTheTokenIsAnswered(t *testing.T) {
	path := tokenFile(t, token+"\n")
	var complaints []error
	a := Access{TokenFile: path, Unreadable: func(err error) { complaints = append(complaints, err) }}
	for _, c := range []struct {
		name, header string
		code         int
	}{
		{"the token", "Authorization: Bearer " + token, 200},
		{"the scheme in another case", "Authorization: bearer " + token, 200},
		{"another token", "Authorization: Bearer 0123456789abcdeF", 401},
		{"a part of it", "Authorization: Bearer 0123456789abcde", 401},
		{"another scheme", "Authorization: Basic " + token, 401},
		{"only the token", "Authorization: " + token, 401},
		{"none", "Accept: */*", 401},
	} {
		r := request{method: "GET", target: "/v1/", headers: []string{c.header, "Host: status.example"}}
		got := ask(&fake{}, a, r)
		want(t, c.name, got, c.code, "")
		if (c.code == 401) != (got.Header().Get("WWW-Authenticate") == "Bearer") {
			t.Errorf("%s: headers %v", c.name, got.Header())
		}
	}
	with := func(token string) request {
		return request{method: "GET", target: "/v1/", headers: []string{"Authorization: Bearer " + token}}
	}
	write(t, path, "another-token-now")
	want(t, "the old token", ask(&fake{}, a, with(token)), 401, "")
	want(t, "the new token", ask(&fake{}, a, with("another-token-now")), 200, "")
	write(t, path, "")
	want(t, "an empty token", ask(&fake{}, a, with("")), 503, `"error"`)
	if len(complaints) != 1 || !errors.Is(complaints[0], ErrToken) {
		t.Errorf("complaints: %v", complaints)
	}
}

func TestABrowserIsNotMadeToAskForOthers(t *testing.T) {
	for _, c := range []struct {
		name, method string
		headers      []string
		code         int
	}{
		{"by localhost", "GET", []string{"Host: localhost:8053"}, 200},
		{"by an IPv6 address", "GET", []string{"Host: [::1]:8053"}, 200},
		{"by an address without a port", "GET", []string{"Host: 127.0.0.1"}, 200},
		{"by a name that was made to point here", "GET", []string{"Host: evil.example:8053"}, 403},
		{"by a name that looks local", "POST", []string{"Host: localhost.evil.example"}, 403},
		{"without a host", "GET", []string{"Host: "}, 403},
		{"an order of curl", "POST", nil, 202},
		{"an order of our own page", "POST", []string{"Origin: http://127.0.0.1:8053", "Sec-Fetch-Site: same-origin"}, 202},
		{"an order of another page", "POST", []string{"Origin: http://evil.example"}, 403},
		{"an order of another port", "POST", []string{"Origin: http://127.0.0.1:80"}, 403},
		{"an order of another site", "POST", []string{"Sec-Fetch-Site: cross-site"}, 403},
	} {
		target := "/v1/"
		if c.method == "POST" {
			target = "/v1/refresh"
		}
		got := ask(&fake{}, Access{}, request{method: c.method, target: target, headers: c.headers})
		want(t, c.name, got, c.code, "")
	}
}
