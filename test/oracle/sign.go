package oracle

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// sign signs the master file with one key for everything (RFC 6781 section
// 3.1 calls it a Single-Type Signing Scheme), valid for a year.
func sign(dir, stem, file string, s Source) (string, error) {
	if signedByKnot(stem) {
		return signWithKnot(dir, file, s)
	}
	key, err := run(dir, "dnssec-keygen", "-q", "-K", dir, "-f", "KSK",
		"-a", "ECDSAP256SHA256", "-n", "ZONE", s.Origin)
	if err != nil {
		return "", err
	}
	key = filepath.Join(dir, strings.TrimSpace(key))
	out := filepath.Join(dir, stem+".signed")
	args := []string{
		"-q", "-S", "-z", "-P", "-K", dir, "-e", "now+31536000", "-O", "full",
		"-o", s.Origin, "-f", out,
	}
	args = append(args, denialFlags(s.Denial)...)
	_, err = run(dir, "dnssec-signzone", append(args, file, key)...)
	return out, err
}

func denialFlags(d Denial) []string {
	switch d {
	case NSEC3:
		return []string{"-3", "-", "-H", "0"}
	case NSEC3It:
		return []string{"-3", "aabbccdd", "-H", "5"}
	case OptOut:
		return []string{"-3", "-", "-H", "0", "-A"}
	default:
		return nil
	}
}

// run runs a tool and returns its standard output; its complaint is the error.
func run(dir, tool string, args ...string) (string, error) {
	cmd := exec.Command(tool, args...)
	cmd.Dir = dir
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", tool, strings.Join(args, " "), err, complaint.String())
	}
	return string(out), nil
}
