package events

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func mustParse(t testing.TB, text string) *url.URL {
	t.Helper()
	u, err := ParseURL(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return u
}

func TestAURLIsOfAWebServer(t *testing.T) {
	for _, c := range []struct {
		text string
		want error
	}{
		{"http://alerts.example", nil},
		{"https://user:secret@alerts.example:8443/hook?x=1", nil},
		{"http://[2001:db8::1]:9093/", nil},
		{"http://192.0.2.1:65535", nil},
		{"", ErrScheme},
		{"alerts.example", ErrScheme},
		{"ftp://alerts.example", ErrScheme},
		{"file:///etc/passwd", ErrScheme},
		{"http:alerts.example", ErrHost},
		{"http://", ErrHost},
		{"http://:9093", ErrHost},
		{"http://alerts.example:65536", ErrPort},
		{"http://alerts.example:0", ErrPort},
		{"http://alerts.example/#top", ErrFragment},
		{"http://alerts.example:secret", ErrURL},
		{"http://user:se/cret@alerts.example", ErrURL},
		{"http://user:se%zzcret@alerts.example", ErrURL},
		{"http://alerts.example/\n", ErrURL},
	} {
		u, err := ParseURL(c.text)
		if !errors.Is(err, c.want) || (u == nil) != (c.want != nil) {
			t.Errorf("%q: %v, %v", c.text, u, err)
		}
		if err != nil && strings.Contains(err.Error(), "cret") {
			t.Errorf("%q: %v", c.text, err)
		}
	}
}

func TestASinkIsItsURL(t *testing.T) {
	of := func(text string) Sink { return Alertmanager(mustParse(t, text)) }
	for _, same := range []string{"http://a.example/", "http://a.example/api/v2/alerts", "http://a.example/api/v2/alerts/"} {
		if of(same) != of("http://a.example") {
			t.Errorf("%s is another one", same)
		}
	}
	for text, want := range map[string]string{
		"http://a.example/prefix":          "http://a.example/prefix/api/v2/alerts",
		"http://a.example/p%2Fq/?tenant=1": "http://a.example/p%2Fq/api/v2/alerts?tenant=1",
	} {
		if got := of(text).url; got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
	hook := Webhook(mustParse(t, "http://a.example"))
	if hook == of("http://a.example") || hook == Webhook(mustParse(t, "http://a.example/x")) {
		t.Error("different sinks are one")
	}
}

func TestNoWayToPrintASinkShowsItsSecrets(t *testing.T) {
	s := Webhook(mustParse(t, "https://token:secret@a.example:8443/secret?secret=1"))
	for _, verb := range []string{"%s", "%v", "%+v", "%#v", "%q"} {
		if got := strings.Trim(fmt.Sprintf(verb, s), `"`); got != "webhook https://a.example:8443" {
			t.Errorf("%s: %s", verb, got)
		}
	}
	if got := fmt.Sprintf("%+v", Outcome{Sink: s}); strings.Contains(got, "secret") || strings.Contains(got, "token") {
		t.Error(got)
	}
}

// FuzzParseURL takes anything for a URL. What is accepted can be asked, is read again as the same, and hides who asks.
func FuzzParseURL(f *testing.F) {
	for _, seed := range []string{
		"https://user:secret@alerts.example:8443/hook?x=1", "http://[fe80::1%25eth0]:1/a b", "http://a/%2f", "HTTP://ä.example",
		"http://a?#", "http://:@a:", "http://a/api/v2/alerts//", "http://a/..//.",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := ParseURL(text)
		if err != nil {
			return
		}
		for _, s := range []Sink{Webhook(u), Alertmanager(u)} {
			again, err := ParseURL(s.url)
			if err != nil || newSink(s.kind, again) != s {
				t.Fatalf("%q: %q is read as %v, %v", text, s.url, again, err)
			}
			if s.kind == alertmanager && Alertmanager(again) != s {
				t.Fatalf("%q: %q has the path twice", text, s.url)
			}
			if _, err := http.NewRequest(http.MethodPost, s.url, nil); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			if strings.Contains(s.String(), "@") {
				t.Fatalf("%q: %s", text, s)
			}
		}
	})
}
