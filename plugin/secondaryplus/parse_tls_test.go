package secondaryplus

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"

	"github.com/understudy-dns/understudy/test/peer"
)

const somePin = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

func TestPrimariesOverTLS(t *testing.T) {
	configs, err := parseText(t, `secondaryplus example.org {
		transfer from tls://192.0.2.1 192.0.2.2 tls://[2001:db8::1]:8853 tls://2001:db8::2 key key.example.
		tls_pin `+somePin+`
		transfer from 192.0.2.1
	}`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range configs[0].primaries {
		text := p.Addr.String()
		if p.TLS != nil {
			text = "tls://" + text
		}
		got = append(got, text)
	}
	if text := strings.Join(got, " "); text != "tls://192.0.2.1:853 192.0.2.2:53 tls://[2001:db8::1]:8853 tls://[2001:db8::2]:853 192.0.2.1:53" {
		t.Error(text)
	}
}

// files are paths of PEM files in a directory of their own.
func files(t *testing.T) (ca, cert, key string) {
	issuer := peer.NewCA(t)
	cert, key = issuer.Issue(t, time.Hour, "secondary.test")
	return issuer.File, cert, key
}

func TestTheFormsOfTLS(t *testing.T) {
	ca, cert, key := files(t)
	seen := map[string]string{}
	for _, args := range []string{"", ca, cert + " " + key, cert + " " + key + " " + ca} {
		text := "secondaryplus example.org {\n transfer from tls://192.0.2.1\n tls " + args + "\n tls_servername primary.test\n}"
		one, err := parseText(t, text)
		if err != nil {
			t.Errorf("tls %s: %v", args, err)
			continue
		}
		again, err := parseText(t, text)
		if err != nil || !one[0].primaries[0].TLS.Same(again[0].primaries[0].TLS) {
			t.Errorf("tls %s: not the same when it is read again, %v", args, err)
		}
		for other, otherText := range seen {
			if before, _ := parseText(t, otherText); one[0].primaries[0].TLS.Same(before[0].primaries[0].TLS) {
				t.Errorf("tls %s is the same as tls %s", args, other)
			}
		}
		seen[args] = text
	}
}

func TestAReloadThatChangesTLSRefreshes(t *testing.T) {
	ca, cert, key := files(t)
	read := func(properties string) []config {
		configs, err := parseText(t, "secondaryplus example.org {\n transfer from tls://192.0.2.1\n"+properties+"\n}")
		if err != nil {
			t.Fatal(err)
		}
		return configs
	}
	before := read("tls " + ca)
	for properties, same := range map[string]bool{
		"tls " + ca:                           true,
		"":                                    false,
		"tls " + cert:                         false,
		"tls " + cert + " " + key:             false,
		"tls " + ca + "\n tls_pin " + somePin: false,
	} {
		if samePrimaries(before[0].refresh(), read(properties)[0].refresh()) != same {
			t.Errorf("%s: same is not %v", properties, same)
		}
	}
}

func TestWhatIsWrongAboutTLS(t *testing.T) {
	ca, cert, key := files(t)
	missing := filepath.Join(t.TempDir(), "none.pem")
	for _, c := range []struct{ name, body, want string }{
		{"port 0", "transfer from tls://192.0.2.1:0", "Testfile:2 - Error during parsing: a primary is an IP address with or without a port, not 'tls://192.0.2.1:0'"},
		{"a name", "transfer from tls://ns1.example.org", "not 'tls://ns1.example.org'"},
		{"another scheme", "transfer from https://192.0.2.1", "not 'https://192.0.2.1'"},
		{"with and without", "transfer from tls://192.0.2.1\n transfer from 192.0.2.1:853", "Testfile:3 - Error during parsing: primary 192.0.2.1:853 is given twice, with and without TLS"},
		{"nobody to speak TLS with", "tls_pin " + somePin + "\n transfer from 192.0.2.1", "'tls_pin' in line 2: no primary is asked over TLS"},
		{"nor for certificates", "transfer from 192.0.2.1\n tls", "'tls' in line 3: no primary is asked over TLS"},
		{"nor for a name", "transfer from 192.0.2.1\n tls_servername primary.test", "'tls_servername' in line 3: no primary is asked over TLS"},
		{"a file that is missing", "transfer from tls://192.0.2.1\n tls " + missing, "Testfile:3 - Error during parsing: tls: open " + missing},
		{"an authority that is none", "transfer from tls://192.0.2.1\n tls " + key, key + " holds no certificate"},
		{"a key that is missing", "transfer from tls://192.0.2.1\n tls " + cert + " " + missing, "none.pem: no such file"},
		{"a key of another certificate", "transfer from tls://192.0.2.1\n tls " + ca + " " + key, "private key does not match public key"},
		{"too many files", "transfer from tls://192.0.2.1\n tls a b c d", "certificates are given as 'tls [CERT KEY] [CA]'"},
		{"tls twice", "transfer from tls://192.0.2.1\n tls " + ca + "\n tls " + ca, "Testfile:4 - Error during parsing: tls is given twice"},
		{"two names", "transfer from tls://192.0.2.1\n tls_servername a.test\n tls_servername b.test", "Testfile:4 - Error during parsing: tls_servername is given twice"},
		{"no name", "transfer from tls://192.0.2.1\n tls_servername", "Wrong argument count"},
		{"a name that is none", "transfer from tls://192.0.2.1\n tls_servername 192.0.2.1:853", "not a host name or an address: '192.0.2.1:853'"},
		{"no pin", "transfer from tls://192.0.2.1\n tls_pin", "Wrong argument count"},
		{"a pin that is none", "transfer from tls://192.0.2.1\n tls_pin c2hvcnQ=", `tls_pin: "c2hvcnQ=" is not the SHA-256 of a public key in base64`},
	} {
		_, err := parseText(t, "secondaryplus example.org {\n "+c.body+"\n}")
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "Testfile:") {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestFilesAreFoundBelowTheRootOfTheBlock(t *testing.T) {
	ca, _, _ := files(t)
	c := caddy.NewTestController("dns", "secondaryplus example.org {\n transfer from tls://192.0.2.1\n tls "+filepath.Base(ca)+"\n}")
	dnsserver.GetConfig(c).Root = filepath.Dir(ca)
	if _, err := parse(c, nil); err != nil {
		t.Error(err)
	}
}
