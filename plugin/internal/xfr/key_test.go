package xfr

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestKeys(t *testing.T) {
	for _, c := range []struct{ name, key, algorithm, secret, err string }{
		{"a plain key", "k.example.", "hmac-sha256", testSecret, ""},
		{"the default algorithm", "k", "", testSecret, ""},
		{"upper case and a dot", "K.", "HMAC-SHA512.", testSecret, ""},
		{"a secret with spaces", "k", "", testSecret[:8] + " " + testSecret[8:], ""},
		{"no name", "", "", testSecret, "no domain name"},
		{"a label too long", strings.Repeat("k", 64), "", testSecret, "no domain name"},
		{"hmac-md5 is forbidden", "k", "hmac-md5", testSecret, `unknown algorithm "hmac-md5"`},
		{"no base64", "k", "", "not_base64!", "k: the secret is not base64"},
		{"no secret", "k", "", "", "k: the secret is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, err := NewKey(c.key, c.algorithm, c.secret)
			if c.err == "" && (err != nil || k == nil) {
				t.Fatal(err)
			}
			if c.err == "" {
				return
			}
			if !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), c.err) {
				t.Fatalf("error %v, want %q", err, c.err)
			}
			if c.secret != "" && strings.Contains(err.Error(), c.secret) {
				t.Error("the error tells the secret")
			}
		})
	}
}

// TestSecretsAreNeverPrinted is line 71 of the checklist.
func TestSecretsAreNeverPrinted(t *testing.T) {
	k := testKey(t, "")
	p := Primary{Key: k}
	encoded, _ := json.Marshal(k)
	var all strings.Builder
	all.Write(encoded)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&all, verb, k)
		fmt.Fprintf(&all, verb, *k)
		fmt.Fprintf(&all, verb, p)
	}
	for _, form := range []string{testSecret, "secret of the tests", "736563726574", "115 101 99 114"} {
		if strings.Contains(all.String(), form) {
			t.Errorf("%q is in %s", form, all.String())
		}
	}
	if got := k.String(); got != "transfer.key. (hmac-sha256)" {
		t.Error(got)
	}
}
