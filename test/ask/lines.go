package ask

import (
	"reflect"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// Lines are records as sorted lines of text in which names are in lower case,
// in RDATA too, so that zones of servers that treat case differently compare
// equal. What a client should keep is checked with FetchAXFR.
func Lines(rrs []dns.RR) []string {
	lines := make([]string, len(rrs))
	for i, rr := range rrs {
		lines[i] = Line(rr)
	}
	slices.Sort(lines)
	return lines
}

// Line is one record of Lines.
func Line(rr dns.RR) string {
	c := dns.Copy(rr)
	lowerNames(reflect.ValueOf(c).Elem())
	return strings.ReplaceAll(c.String(), "\t", " ") // a tab in RDATA is \009
}

// lowerNames lowers the fields that miekg/dns marks as domain names.
func lowerNames(v reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		switch f.Kind() {
		case reflect.Struct:
			lowerNames(f)
		case reflect.String:
			if strings.HasSuffix(v.Type().Field(i).Tag.Get("dns"), "domain-name") {
				f.SetString(strings.ToLower(f.String()))
			}
		}
	}
}
