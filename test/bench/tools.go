package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
)

// system adds the folders of daemons to PATH, where not everybody has them.
func system() { os.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin") }

// requireTools ends the run when something is missing that -with asks for.
func requireTools(b *bench) {
	need := []string{"dnsperf"}
	for _, name := range strings.Split(b.options.with, ",") {
		need = append(need, map[string]string{"bind": "named", "knot": "knotd", "nsd": "nsd"}[name])
	}
	for _, name := range need {
		if _, err := exec.LookPath(name); name != "" && err != nil {
			b.stand.Fatalf("%s is missing: make peers installs it, -with says who takes part", name)
		}
	}
}

var versionNumber = regexp.MustCompile(`\d+\.\d+[.\w~+-]*`)

// versions are those of the contenders.
func (b *bench) versions() []string {
	var list []string
	for _, c := range [][]string{
		{"CoreDNS", b.stock, "-version"}, {"BIND", "named", "-v"}, {"Knot DNS", "knotd", "--version"}, {"NSD", "nsd", "-v"},
	} {
		out, err := exec.Command(c[1], c[2:]...).CombinedOutput()
		if v := versionNumber.FindString(string(out)); v != "" && err == nil {
			list = append(list, c[0]+" "+v)
		}
	}
	return list
}

// processor is the model that the kernel names.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	_, rest, _ := strings.Cut(string(text), "model name\t: ")
	model, _, _ := strings.Cut(rest, "\n")
	return model
}
