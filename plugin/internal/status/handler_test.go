package status

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func twoBlocks() *fake {
	return &fake{zones: []Zone{
		zoneOf(".", "dns://.:53", "", "serving"),
		zoneOf("0/25.2.0.192.in-addr.arpa.", "dns://.:53", "", "serving"),
		zoneOf("example.org.", "dns://a:53", "", "expired"),
		zoneOf("example.org.", "dns://a:53", "inside", "serving"),
		zoneOf("example.org.", "dns://b:53", "", "serving"),
	}}
}

func TestEachPathHasItsDocument(t *testing.T) {
	for _, c := range []struct {
		name, method, target string
		code                 int
		part                 string
	}{
		{"the summary", "GET", "/v1/", 200, `"expired": 0`},
		{"a zone, with a final dot", "GET", "/v1/zones/0%2f25.2.0.192.in-addr.arpa.", 200, `"zone": "0/25.2.0.192.in-addr.arpa."`},
		{"a zone, without one, in upper case", "GET", "/v1/zones/0%2f25.2.0.192.IN-ADDR.ARPA", 200, `"zone": "0/25.2.0.192.in-addr.arpa."`},
		{"the root zone", "GET", "/v1/zones/.", 200, `"zone": "."`},
		{"the root zone, encoded", "GET", "/v1/zones/%2E", 200, `"zone": "."`},
		{"one of several, by its view", "GET", "/v1/zones/example.org?view=inside", 200, `"view": "inside"`},
		{"one of several, by its block", "GET", "/v1/zones/example.org?server=dns://b:53", 200, `"server": "dns://b:53"`},
		{"one of several, by both", "GET", "/v1/zones/example.org?server=dns://a:53&view=", 200, `"state": "expired"`},
		{"several of a name", "GET", "/v1/zones/example.org", 409, `"server": "dns://b:53"`},
		{"several of a block", "GET", "/v1/zones/example.org?server=dns://a:53", 409, `"choices"`},
		{"none of a block", "GET", "/v1/zones/example.org?server=dns://c:53", 404, `"error"`},
		{"no zone of ours", "GET", "/v1/zones/example.com", 404, `"error": "there is no such zone"`},
		{"no name", "GET", "/v1/zones/", 404, `"error": "there is no such zone"`},
		{"a malformed name", "GET", "/v1/zones/a..b", 404, `"error": "there is no such zone"`},
		{"an unknown path", "GET", "/", 404, `"error"`},
		{"an unknown path of three", "GET", "/v1/nothing/here", 404, `"error"`},
		{"a path that goes up", "GET", "/v1/../v1/", 404, `"error"`},
		{"a zone is not posted", "POST", "/v1/zones/.", 405, `"error"`},
		{"an action is not got", "GET", "/v1/zones/./refresh", 405, `"error"`},
		{"an action", "POST", "/v1/zones/./refresh", 202, `"action": "refresh"`},
		{"all zones", "POST", "/v1/refresh", 202, `"zones": 5`},
		{"all zones at once", "POST", "/v1/refresh?wait=true", 400, `"error"`},
		{"an action upon several", "POST", "/v1/zones/example.org/refresh", 409, `"choices"`},
		{"waiting perhaps", "POST", "/v1/zones/./refresh?wait=perhaps", 400, `"error"`},
		{"a state that does not exist", "GET", "/v1/zones?state=serving&state=fine", 400, "a state is one of expired, serving"},
	} {
		want(t, c.name, ask(twoBlocks(), Access{}, request{method: c.method, target: c.target}), c.code, c.part)
	}
	if got := ask(twoBlocks(), Access{}, request{method: "PUT", target: "/v1/refresh"}); got.Header().Get("Allow") != "POST" {
		t.Errorf("allowed: %v", got.Header())
	}
}

func TestTheListHasEachZoneOnALine(t *testing.T) {
	for target, want := range map[string]int{"/v1/zones": 5, "/v1/zones?state=expired": 1, "/v1/zones?state=serving&state=expired": 5} {
		got := ask(twoBlocks(), Access{}, request{method: "GET", target: target})
		var list struct{ Zones []Zone }
		if err := json.Unmarshal(got.Body.Bytes(), &list); err != nil || len(list.Zones) != want {
			t.Errorf("%s: %d zones, %v", target, len(list.Zones), err)
		}
		if lines := strings.Count(got.Body.String(), "\n"); lines != want+2 {
			t.Errorf("%s: %d lines", target, lines)
		}
	}
	empty := ask(&fake{}, Access{}, request{method: "GET", target: "/v1/zones"})
	if !json.Valid(empty.Body.Bytes()) {
		t.Errorf("an empty list is %s", empty.Body)
	}
	want(t, "HEAD", ask(twoBlocks(), Access{}, request{method: "HEAD", target: "/v1/zones"}), 200, "")
}

func TestAnOrderSaysWhatCameOfIt(t *testing.T) {
	root := request{method: "POST", target: "/v1/zones/./retransfer?wait=true"}
	f := twoBlocks()
	f.done = Done{Result: "updated"}
	want(t, "a good outcome", ask(f, Access{}, root), 200, `"result": "updated"`)
	if o := f.orders[0]; o.ID.Zone != "." || o.Action != "retransfer" || !o.Wait || o.From != "192.0.2.1:1234" {
		t.Errorf("ordered: %+v", o)
	}
	f.done = Done{Result: "failed", Reason: "refused", Failed: true}
	want(t, "a failure", ask(f, Access{}, root), 502, `"reason": "refused"`)
	f.err = ErrNoAction
	want(t, "an unknown action", ask(f, Access{}, root), 404, ErrNoAction.Error())
	f.err = fmt.Errorf("%w: nothing is held", ErrState)
	want(t, "a zone that is not such", ask(f, Access{}, root), 409, "that cannot be done: nothing is held")
	f.err = ErrNoWait
	want(t, "an outcome that never comes", ask(f, Access{}, root), 400, ErrNoWait.Error())
	f.err = errors.New("stopping")
	want(t, "no outcome", ask(f, Access{}, root), 503, "stopping")
	f.err, f.done = nil, Done{Released: 12, Complete: true}
	release := request{method: "POST", target: "/v1/zones/./release"}
	want(t, "an end that nobody waits for", ask(f, Access{}, release), 200, `"released": 12`)
	root.body = strings.Repeat("x", longestBody+1)
	want(t, "a body", ask(f, Access{}, root), 413, `"error"`)
}
