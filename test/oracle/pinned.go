package oracle

import (
	"strings"

	"github.com/miekg/dns"
)

// pinned are questions that every run asks, whatever the seed, of every variant
// of a zone: each was once answered wrongly by someone.
var pinned = map[string]string{
	"cuts": `x.we A; x.we DS; b.f.o A; b.f.o TYPE65280; z.far.very A; very A; x.*.we A; unsigned DS; signed DS;
		unsigned NSEC; www.unsigned DS; hidden.unsigned DS; self A; noglue A; sibling A; alias2 DS; @ DS; @ NS; @ ANY`,
	"alias": `twenty A; self A; into A; x.cloop A; x.cself A; *.x.cself NSEC3; la A; x.dself A; x.dself NSEC3; todlong A; tod3 A; none.d A; x.dpar A;
		dpar.dpar DNAME; dpar.dpar RRSIG; www.d CNAME; www.d DNAME; www.d ANY; x.dw A; *.x.cx A; tow AAAA; tocut A; toscut A; tocut DS; outside A;
		outside3 A; seventeen NSEC3; nowhere3 A; nodata A; d ANY`,
	"wild": `x.mid A; a.x.mid A; x.y.star A; x.*.star A; *.x.deep.ent A; x.ty ANY; x.both ANY; x.both RRSIG; x.both NSEC;
		x.lo A; y.x.lo A; x.a A; x.b.a A; x DS; x.cname ANY`,
	"kinds":   `cds ANY; _dns ANY; alias ANY; alias SVCB; www HTTPS; unknown TYPE65280; @ ANY; @ RRSIG; mixed.case ANY; null MX`,
	"names":   `a\.b A; a.b A; \000 A; \255 A; x.dns A; \065 TXT; a\032b A; *x A`,
	"under":   `www.d A; x.d TXT; cut.d A; x.cut.d A; *.d TXT; x.d ANY`,
	"reverse": `66 PTR; 66.64/26 PTR; 130.128-255 PTR; 64/26 DS; 200 PTR`,
	"big":     `big TXT; big ANY; big RRSIG`,
	"g20":     `b.f.g TYPE65280; a\000.f.g AAAA; x.f.g A`,
	"g31":     `b\000.a0 A; x.a0 A; x.a0 DS`,
}

// pinnedQuestions are those of the zone, with DO and without.
func pinnedQuestions(z *Zone) []Question {
	file, _, _ := strings.Cut(z.Name, "-")
	var list []Question
	for _, text := range strings.Split(pinned[file], ";") {
		f := strings.Fields(text)
		if len(f) != 2 {
			continue
		}
		name := z.Name
		if f[0] != "@" {
			name = f[0] + "." + z.Name
		}
		qtype, known := dns.StringToType[f[1]]
		if !known {
			qtype = 65280
		}
		list = append(list, Question{fold(name), qtype, true}, Question{fold(name), qtype, false})
	}
	return list
}
