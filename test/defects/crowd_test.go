package defects_test

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// crowdZones are the names of n zones.
func crowdZones(n int) []string {
	zones := make([]string, n)
	for i := range zones {
		zones[i] = fmt.Sprintf("z%d.example.", i)
	}
	return zones
}

// crowdCorefile serves them all from one block.
func crowdCorefile(zones []string, from string, extra ...string) string {
	text := corefile(from, extra...)
	text = strings.Replace(text, zone+":", ".:", 1)
	text = strings.Replace(text, "errors", "errors\npprof 127.0.0.1:{{port:pprof}}", 1)
	return strings.Replace(text, plugin()+" {", plugin()+" "+strings.Join(zones, " ")+" {", 1)
}

// eachOf runs a check for every zone, a few at a time.
func eachOf(zones []string, check func(zone string)) {
	var all sync.WaitGroup
	next := make(chan string)
	for range 8 {
		all.Go(func() {
			for z := range next {
				check(z)
			}
		})
	}
	for _, z := range zones {
		next <- z
	}
	close(next)
	all.Wait()
}

// long is more patience than usual, for ten thousand zones.
const long = 2 * time.Minute
