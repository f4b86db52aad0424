// Package examples has no code of its own: its tests start every Corefile that the project shows, in
// Corefile.examples and in every README, and ask the server that it makes.
package examples

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// A shown Corefile, and where it is shown.
type shown struct{ where, text string }

// all finds every Corefile below root: files in Corefile.examples, and fenced blocks marked corefile in
// README files.
func all(root string) ([]shown, error) {
	var list []shown
	files, err := filepath.Glob(filepath.Join(root, "Corefile.examples", "*.corefile"))
	if err != nil {
		return nil, err
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		list = append(list, shown{filepath.Base(path), string(text)})
	}
	readmes, err := filepath.Glob(filepath.Join(root, "plugin", "*", "README.md"))
	if err != nil {
		return nil, err
	}
	for _, path := range append(readmes, filepath.Join(root, "README.md")) {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		name, _ := filepath.Rel(root, path)
		for i, block := range fence.FindAllStringSubmatch(string(text), -1) {
			list = append(list, shown{fmt.Sprintf("%s #%d", strings.ReplaceAll(name, "/", " "), i+1), block[1]})
		}
	}
	return list, nil
}

var fence = regexp.MustCompile("(?ms)^~~~ corefile\n(.*?)^~~~$")

// In a `transfer from`, every address of 192.0.2.0/24 is a primary.
var (
	transferFrom = regexp.MustCompile(`transfer from .*`)
	primaryAddr  = regexp.MustCompile(`192\.0\.2\.\d+(?::\d+)?`)
	loopback     = regexp.MustCompile(`127\.0\.0\.1:(\d+)`)
	downward     = regexp.MustCompile(`(?m)^ +(also_notify|transfer to|to) .*`)
	secondary    = regexp.MustCompile(`\b(?:192\.0\.2|198\.51\.100)\.(\d+)\b`)
	poolMembers  = regexp.MustCompile(`(?m)^ +(primary|backup|canary|weight) .*`)
	anyAddress   = regexp.MustCompile(`\b(?:192\.0|198\.51|203\.0)\.(2|100|113)\.(\d+)\b`)
	stateDir     = regexp.MustCompile(`\b(persist|nsfailover state) \S+`)
	forwarder    = regexp.MustCompile(`198\.51\.100\.\d+`)
	nameservers  = regexp.MustCompile(`(?m)^( +nsfailover watch\b.*\{)$`)
	resolvers    = regexp.MustCompile(`(?m)^ +resolver .*\n`)
	zoneFile     = regexp.MustCompile(`\b(file|fallback) ([a-z-]+\.zone)\b`)
	blockKeys    = regexp.MustCompile(`(?m)^([^\s#}][^{#]*)\{$`)
	ported       = regexp.MustCompile(`:(\d+)$`)
)

// local is the text of a Corefile made to run on loopback: the addresses of its primaries become those
// given, those of its secondaries nobody's, ports become free ones, what is kept goes into the server's own
// directory, and every block is bound to loopback.
func local(text string, primaries map[string]string, dir string) string {
	text = loopback.ReplaceAllString(text, "127.0.0.1:{{port:p$1}}")
	text = strings.ReplaceAll(text, "127.0.0.1:{{port:p1053}}", "127.0.0.1:{{port}}")
	text = transferFrom.ReplaceAllStringFunc(text, func(line string) string {
		return primaryAddr.ReplaceAllStringFunc(line, func(addr string) string {
			host, _, _ := strings.Cut(addr, ":")
			return primaries[host]
		})
	})
	text = downward.ReplaceAllStringFunc(text, func(line string) string {
		return secondary.ReplaceAllString(line, "127.0.0.$1:{{port:nobody}}")
	})
	text = poolMembers.ReplaceAllStringFunc(text, func(line string) string { return anyAddress.ReplaceAllString(line, "127.0.$1.$2") })
	// A watch asks nobody but the server itself, at the address that the zone has for its nameserver.
	text = resolvers.ReplaceAllString(text, "")
	text = nameservers.ReplaceAllString(text, "$1\n        port {{port}}\n        resolver 127.0.0.1:{{port:nobody}}")
	text = stateDir.ReplaceAllString(text, "$1 {{dir}}")
	text = forwarder.ReplaceAllString(text, "127.0.0.1:{{port:nobody}}")
	text = zoneFile.ReplaceAllString(text, "$1 "+filepath.Join(dir, "$2"))
	bind := "\n    bind 127.0.0.1"
	if strings.Contains(text, "    bind ") {
		bind = "" // it says itself where it listens
	}
	return blockKeys.ReplaceAllStringFunc(text, func(keys string) string { return portBlock(keys) + bind })
}

// portBlock gives the keys of a server block their free ports.
func portBlock(keys string) string {
	var out []string
	for _, key := range strings.Fields(strings.TrimSuffix(keys, "{")) {
		if m := ported.FindStringSubmatch(key); m != nil && m[1] != "1053" {
			out = append(out, ported.ReplaceAllString(key, ":{{port:p$1}}"))
			continue
		}
		out = append(out, strings.TrimSuffix(key, ":1053")+":{{port}}")
	}
	return strings.Join(out, " ") + " {"
}
