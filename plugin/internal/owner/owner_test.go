package owner

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

func key(t testing.TB, name, apex string) []byte {
	t.Helper()
	k, ok := AppendKey(nil, MustParse(name), MustParse(apex))
	if !ok {
		t.Fatalf("%s is not below %s", name, apex)
	}
	return k
}

// The list of RFC 4034 §6.1, with names that try the escapes.
func TestKeysSortInCanonicalOrder(t *testing.T) {
	names := []string{
		"example.", "a.example.", "yljkjljk.a.example.", "Z.a.example.", "zABC.a.EXAMPLE.",
		`a\000.example.`, `b.a\000.example.`, `a\000\000.example.`, `a\001.example.`, `aa.example.`,
		"z.example.", `\001.z.example.`, `*.z.example.`, `\200.z.example.`,
	}
	for i := 1; i < len(names); i++ {
		if a, b := key(t, names[i-1], "example."), key(t, names[i], "example."); bytes.Compare(a, b) >= 0 {
			t.Errorf("%s (%x) must sort before %s (%x)", names[i-1], a, names[i], b)
		}
	}
}

func TestKeyTurnsBackIntoTheName(t *testing.T) {
	for _, apex := range []string{".", "example.", "a.b.c."} {
		for _, rel := range []string{"", "a.", "b.a.", `\000\001\002.x.`, `\.dot\\.`, "*.w.", `\255.`} {
			name := MustParse(rel + strings.TrimPrefix(apex, "."))
			k, ok := AppendKey(nil, name, MustParse(apex))
			if got := AppendName(nil, k, MustParse(apex)); !ok || !bytes.Equal(got, name) {
				t.Errorf("%s in %s came back as %s", name, apex, got)
			}
		}
	}
}

func TestNamesOutsideTheZoneHaveNoKey(t *testing.T) {
	for _, c := range [][2]string{{"example.com.", "example."}, {"xexample.", "example."}, {".", "example."}, {"e.x.", "e.y."}} {
		if k, ok := AppendKey(nil, MustParse(c[0]), MustParse(c[1])); ok {
			t.Errorf("%s got the key %x in %s", c[0], k, c[1])
		}
	}
}

func TestAncestry(t *testing.T) {
	a, b := key(t, "x.y.z.example.", "example."), key(t, "w.y.z.example.", "example.")
	if got := a[:CommonAncestor(a, b)]; !bytes.Equal(got, key(t, "y.z.example.", "example.")) {
		t.Errorf("common ancestor %x", got)
	}
	if got := ParentKey(a); !bytes.Equal(got, key(t, "y.z.example.", "example.")) {
		t.Errorf("parent %x", got)
	}
	if !IsBelow(a, key(t, "z.example.", "example.")) || IsBelow(a, a) || IsBelow(a, key(t, "yy.z.example.", "example.")) {
		t.Error("IsBelow")
	}
	if got := FirstLabelKey(a, len(key(t, "z.example.", "example."))); !bytes.Equal(got, ParentKey(a)) {
		t.Errorf("first label %x", got)
	}
}

func FuzzKey(f *testing.F) {
	f.Add([]byte("\x01a\x01b\x00"), []byte("\x01B\x01b\x00"))
	f.Add([]byte("\x02\x00\x01\x00"), []byte("\x01\x00\x00"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		names := []Name{}
		for _, wire := range [][]byte{a, b} {
			n, err := Len(wire)
			if err != nil {
				return
			}
			names = append(names, Name(wire[:n]))
		}
		ka, _ := AppendKey(nil, names[0], Root)
		kb, _ := AppendKey(nil, names[1], Root)
		if got := AppendName(nil, ka, Root); !Equal(got, names[0]) {
			t.Fatalf("%x came back as %x", names[0], got)
		}
		if got, want := bytes.Compare(ka, kb), canonicalCompare(names[0], names[1]); got != want {
			t.Fatalf("%s and %s: keys say %d, labels say %d", names[0], names[1], got, want)
		}
		if !Equal(AppendName(nil, ParentKey(ka), Root), names[0].Parent()) {
			t.Fatalf("parent of %s", names[0])
		}
		if KeyLabels(ka) != names[0].Labels() {
			t.Fatalf("labels of %s", names[0])
		}
	})
}

// canonicalCompare is RFC 4034 §6.1 word for word.
func canonicalCompare(a, b Name) int {
	la, lb := labels(a), labels(b)
	for i := 0; i < len(la) && i < len(lb); i++ {
		if c := bytes.Compare(la[i], lb[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(la), len(lb))
}

func labels(n Name) (highestFirst [][]byte) {
	for off := 0; n[off] != 0; off += 1 + int(n[off]) {
		highestFirst = append(highestFirst, AppendLower(nil, n[off+1:off+1+int(n[off])]))
	}
	slices.Reverse(highestFirst)
	return highestFirst
}

func TestParseRefusesWhatIsTooLong(t *testing.T) {
	long := bytes.Repeat([]byte("123456789."), 26)
	if _, err := Parse(string(long)); err == nil {
		t.Error("a name of more than 255 octets was taken")
	}
	if _, err := Parse(string(bytes.Repeat([]byte("x"), 64)) + ".example."); err == nil {
		t.Error("a label of 64 octets was taken")
	}
	if dns.Fqdn("") != "." || !bytes.Equal(MustParse(""), Root) {
		t.Error("the empty name is the root")
	}
}

// What AppendText makes of a text is what the dns package makes of it.
func FuzzAppendText(f *testing.F) {
	for _, s := range []string{
		"", ".", "..", "a", "a.", "WWW.Example.org.", "a..b.", ".a.", `a\.b.`, `\097.`, `a\`, "\x00\xff.", "ä.",
		strings.Repeat("x", 63) + ".", strings.Repeat("x", 64) + ".",
		strings.Repeat("1234567.", 31) + "12345.", strings.Repeat("1234567.", 31) + "123456.",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := AppendText([]byte("before"), s)
		want, err := Parse(s)
		if ok != (err == nil) || string(got) != "before"+string(want) {
			t.Errorf("%q: %q %t, want %q %v", s, got, ok, want, err)
		}
	})
}
