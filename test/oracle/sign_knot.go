package oracle

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// signedByKnot names what dnssec-signzone refuses: a wildcard that owns NS,
// and under NSEC3 a name so long that no wildcard fits below it.
func signedByKnot(stem string) bool {
	return strings.HasPrefix(stem, "wildns-") || strings.HasPrefix(stem, "long-")
}

// signWithKnot signs the master file with kzonesign, which lower-cases it, and
// without a salt, since kzonesign would make a new one for every run.
func signWithKnot(dir, file string, s Source) (string, error) {
	home := filepath.Join(dir, "kzonesign-"+s.Origin)
	if err := os.Mkdir(home, 0o755); err != nil {
		return "", err
	}
	nsec3, iterations, optOut := "off", 0, "off"
	switch s.Denial {
	case NSEC3:
		nsec3 = "on"
	case NSEC3It:
		nsec3, iterations = "on", 5
	case OptOut:
		nsec3, optOut = "on", "on"
	}
	config := filepath.Join(home, "knot.conf")
	text := fmt.Sprintf(`database:
    storage: %q
policy:
  - id: p
    single-type-signing: on
    rrsig-lifetime: 300d
    rrsig-refresh: 7d
    nsec3: %s
    nsec3-iterations: %d
    nsec3-salt-length: 0
    nsec3-opt-out: %s
zone:
  - domain: %q
    file: %q
    semantic-checks: soft
    zonefile-load: whole
    dnssec-signing: on
    dnssec-policy: p
`, home, nsec3, iterations, optOut, s.Origin, file)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return "", err
	}
	if _, err := run(home, "kzonesign", "-c", config, "-o", home, s.Origin); err != nil {
		return "", err
	}
	return filepath.Join(home, strings.TrimSuffix(s.Origin, ".")+".zone"), nil
}
