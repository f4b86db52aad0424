package refresh

import (
	"errors"
	"fmt"
	"testing"

	"github.com/understudy-dns/understudy/plugin/internal/primary"
)

func TestAPrimaryIsWellOrNot(t *testing.T) {
	skipped := fmt.Errorf("%w: %w", errNotAwaited, errors.New("canceled"))
	silent := primary.Outage{Failures: 1}
	for _, c := range []struct {
		name        string
		view        primary.View
		well, known bool
	}{
		{"a good answer", primary.View{Serial: 1}, true, true},
		{"a good answer after transfers that could not connect", primary.View{Lost: &primary.Outages{Closed: silent}}, true, true},
		{"an error", primary.View{Err: errors.New("REFUSED")}, false, true},
		{"nobody waited for it", primary.View{Err: skipped}, false, false},
		{"nobody waited for it, because it was silent before", primary.View{Err: skipped, Lost: &primary.Outages{Silent: silent}}, false, true},
	} {
		if well, known := Well(c.view); well != c.well || known != c.known {
			t.Errorf("%s: well %v, known %v", c.name, well, known)
		}
	}
}
