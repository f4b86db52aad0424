package shelf

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

var apex = owner.MustParse("example.")

// version is one of a serial with hosts.
func version(t testing.TB, base *zone.Version, serial, hosts int) (*zone.Version, *zone.Delta) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "$ORIGIN example.\n@ 60 SOA ns h %d 60 60 600 60\n@ 60 NS ns\nns 60 A 192.0.2.1\n", serial)
	for i := range hosts {
		fmt.Fprintf(&b, "h%d 60 TXT \"of %d\"\n", i, i)
	}
	txn := zone.Replace(apex, base)
	parser := dns.NewZoneParser(strings.NewReader(b.String()), "example.", "")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		wire := make([]byte, dns.MaxMsgSize)
		n, err := dns.PackRR(rr, wire, 0, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		for rr, err := range zone.Records(wire[:n]) {
			if err = errors.Join(err, txn.Add(rr)); err != nil {
				t.Fatal(err)
			}
		}
	}
	v, d, err := txn.Commit()
	if err = errors.Join(err, parser.Err()); err != nil {
		t.Fatal(err)
	}
	return v, d
}

func write(t testing.TB, v *zone.Version, d *zone.Delta) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "example,x.held")
	if err := Write(path, Label{Zone: "example.", Time: time.Unix(1, 0).UTC(), Primary: "192.0.2.1:53"}, v, d); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestADifferenceLeadsToTheVersion(t *testing.T) {
	was, _ := version(t, nil, 1, 100)
	is, d := version(t, was, 2, 90)
	path := write(t, is, d)
	got, delta, label, err := Read(path, apex, was)
	if err != nil || !got.SameContent(is) || got.SetHash() != is.SetHash() || label.Whole || label.Base != 1 {
		t.Fatalf("%v, %+v, %v", got, label, err)
	}
	if delta.Deletions != 10 || delta.From.Hash != was.SetHash() || delta.To.Hash != is.SetHash() {
		t.Errorf("delta %+v", delta)
	}
	if l, err := Describe(path); err != nil || l != label || l.Zone != "example." || l.Serial != 2 || l.Primary != "192.0.2.1:53" {
		t.Errorf("%+v, %v", l, err)
	}
	back, _, _, err := Read(write(t, was, Reversed(d)), apex, is)
	if err != nil || !back.SameContent(was) || back.Serial() != 1 {
		t.Errorf("the way back: %v, %v", back, err)
	}
}

func TestAWholeVersionNeedsNoBase(t *testing.T) {
	was, _ := version(t, nil, 1, 5000)
	is, d := version(t, was, 2, 0)
	partial := *d
	partial.Partial, partial.Deleted, partial.Added = true, nil, nil
	for name, delta := range map[string]*zone.Delta{"partial": Reversed(&partial), "none": nil} {
		path := write(t, was, delta)
		for _, base := range []*zone.Version{is, nil} {
			got, _, label, err := Read(path, apex, base)
			if err != nil || !label.Whole || got.Records() != was.Records() || !got.SameContent(was) {
				t.Errorf("%s: %+v, %v", name, label, err)
			}
		}
	}
}

func TestAnotherBaseIsRefused(t *testing.T) {
	was, _ := version(t, nil, 1, 10)
	is, d := version(t, was, 2, 9)
	path := write(t, is, d)
	for _, base := range []*zone.Version{nil, is} {
		if _, _, _, err := Read(path, apex, base); !errors.Is(err, ErrDamaged) {
			t.Errorf("%v", err)
		}
	}
}

// Whatever is cut off or changed, it is found out.
func TestDamageIsFound(t *testing.T) {
	was, _ := version(t, nil, 1, 5)
	is, d := version(t, was, 2, 4)
	path := write(t, is, d)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged")
	try := func(text []byte, what string) {
		if err := os.WriteFile(damaged, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := Read(damaged, apex, was); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for i := range whole {
		try(whole[:i], fmt.Sprintf("cut at %d", i))
		changed := append([]byte(nil), whole...)
		changed[i] ^= 1
		try(changed, fmt.Sprintf("octet %d", i))
	}
}

func TestNothingIsLeftOfWhatCannotBeWritten(t *testing.T) {
	was, _ := version(t, nil, 1, 5)
	dir := t.TempDir()
	path := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(path, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, Label{}, was, nil); err == nil {
		t.Error("a directory was replaced")
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

func FuzzRead(f *testing.F) {
	was, _ := version(f, nil, 1, 5)
	is, d := version(f, was, 2, 4)
	for _, delta := range []*zone.Delta{d, nil} {
		text, err := os.ReadFile(write(f, is, delta))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text[:len(text)-sumOctets])
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		sum := sha256.Sum256(text)
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, append(text, sum[:]...), 0o600); err != nil {
			t.Fatal(err)
		}
		v, _, l, err := Read(path, apex, was)
		if err == nil && (v.Serial() != l.Serial || !l.Whole && v.SetHash() != zone.SetHash(l.Hash)) {
			t.Errorf("%+v", l)
		}
	})
}
