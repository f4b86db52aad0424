package oracle

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// template is a hand-written master file and the variants that are made of it.
type template struct {
	file    string
	denials []Denial
	// transferred: BIND or NSD refuse the master file and accept the transfer.
	transferred bool
	// without names a peer that cannot serve the zone at all.
	without string
	// unprovable: RFC 4592 section 4.2 leaves it undefined.
	unprovable bool
	// neutral: the names need the form of neutral.go.
	neutral bool
	// more is appended to the file.
	more func() string
}

var everyDenial = []Denial{Unsigned, NSEC, NSEC3, NSEC3It, OptOut}

var templates = []template{
	{file: "cuts", denials: everyDenial},
	{file: "alias", denials: everyDenial},
	{file: "wild", denials: everyDenial},
	{file: "kinds", denials: everyDenial},
	{file: "names", denials: everyDenial, neutral: true},
	// NSD 4.6 dies of a name so long that no wildcard fits below it under NSEC3.
	{file: "long", denials: []Denial{Unsigned, NSEC}},
	// NSD reads no names below a DNAME from a file.
	{file: "under", denials: everyDenial, transferred: true},
	// BIND neither reads nor transfers a wildcard that owns NS, and whatever
	// the others say, its NSEC is that of a cut.
	{file: "wildns", denials: everyDenial, without: "bind", unprovable: true},
	{file: "big", denials: []Denial{Unsigned, NSEC}, more: bigRRset},
	{file: "reverse", denials: everyDenial},
}

// handWritten are the variants of every template in dir.
func handWritten(dir string) ([]Source, error) {
	var list []Source
	for _, t := range templates {
		text, err := os.ReadFile(filepath.Join(dir, t.file+".zone"))
		if err != nil {
			return nil, err
		}
		if t.more != nil {
			text = append(text, t.more()...)
		}
		for _, d := range t.denials {
			list = append(list, Source{
				Origin: fmt.Sprintf("%s-%c.test.", t.file, d), Denial: d, Text: string(text),
				Transferred: t.transferred, Without: t.without, Unprovable: t.unprovable, Neutral: t.neutral,
			})
		}
	}
	return list, nil
}

// bigRRset is a TXT RRset of 64,232 octets with compressed owners: as much as
// fits into one message beside its signature. BIND allows 100 records.
func bigRRset() string {
	var b strings.Builder
	for i := range 62 {
		fmt.Fprintf(&b, "big TXT%s\n", strings.Repeat(fmt.Sprintf(" \"%0255d\"", i), 4))
	}
	return b.String()
}
