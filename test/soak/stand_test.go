package soak_test

import (
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/understudy"
)

// stand is all servers, and what the zones should be.
type stand struct {
	random        *rand.Rand
	zones         []*model
	history       *history
	key           ask.Key
	refusal       string // a file with an option of the second primary
	first, second *peer.Server
	a, b          *understudy.Server
	below         *peer.Server
	watchA        *watch
	watchB        *watch
	watchBelow    *watch
	away          map[string]*absence // who is down, or refuses
}

func newStand(t *testing.T, random *rand.Rand) *stand {
	t.Helper()
	peer.Require(t, peer.Knot, peer.Named)
	s := &stand{
		random: random, zones: newModels(random), history: newHistory(), key: ask.NewKey("soak.key."),
		refusal: filepath.Join(t.TempDir(), "refusal.conf"), away: map[string]*absence{},
	}
	var ports [5]int
	var addrs [5]string
	for i := range ports {
		ports[i] = port.Free(t, "127.0.0.1")
		addrs[i] = net.JoinHostPort("127.0.0.1", strconv.Itoa(ports[i]))
	}
	s.first = s.startFirst(t, ports[0], addrs[1], addrs[2])
	s.second = s.startSecond(t, ports[1], addrs[0], addrs[2])
	s.a = s.startOurs(t, ports[2], addrs[0]+" "+addrs[1], addrs[3]+" "+addrs[4])
	s.b = s.startOurs(t, ports[3], addrs[2], "")
	s.below = peer.Start(t, peer.Knot, peer.Config{Port: ports[4], Keys: []peer.Key{s.key}, Zones: s.peerZones([]string{addrs[2]})})
	s.watchA = newWatch("A", addrs[2], true, s.history)
	s.watchB = newWatch("B", addrs[3], true, s.history)
	s.watchBelow = newWatch("knotd below A", addrs[4], false, s.history)
	return s
}

func (s *stand) watches() []*watch { return []*watch{s.watchA, s.watchB, s.watchBelow} }

// peerZones are the zones for a peer: a primary's without from.
func (s *stand) peerZones(from []string, tell ...string) (list []peer.Zone) {
	for _, z := range s.zones {
		p := peer.Zone{Name: z.name}
		key := ""
		if z.keyed {
			key = s.key.Name
			p.AllowTransfer = []peer.Access{{Key: key}}
		}
		for _, addr := range from {
			p.Primaries = append(p.Primaries, peer.Endpoint{Addr: addr, Key: key})
		}
		for _, addr := range tell {
			p.Notify = append(p.Notify, peer.Endpoint{Addr: addr, Key: key})
		}
		if from == nil {
			p.Text = z.text()
			if z.signed {
				p.Signing = &peer.Signing{NSEC3: true}
			}
		}
		list = append(list, p)
	}
	return list
}

func (s *stand) startFirst(t *testing.T, port int, tell ...string) *peer.Server {
	t.Helper()
	p := peer.Start(t, peer.Knot, peer.Config{Port: port, Keys: []peer.Key{s.key}, Zones: s.peerZones(nil, tell...)})
	for _, z := range s.zones {
		s.history.add(z.name, p.Serial(t, z.name))
	}
	return p
}

// startSecond has named ask as often as the zones want.
func (s *stand) startSecond(t *testing.T, port int, from, tell string) *peer.Server {
	t.Helper()
	s.refuse(t, false)
	return peer.Start(t, peer.Named, peer.Config{
		Port: port, Keys: []peer.Key{s.key}, Zones: s.peerZones([]string{from}, tell),
		Extra: "include \"" + s.refusal + "\";\nmin-refresh-time 1;\nmin-retry-time 1;\nserial-query-rate 1000;\nnotify-rate 1000;\nstartup-notify-rate 1000;\ntransfers-in 50;\ntransfers-per-ns 50;",
	})
}

// refuse writes the option that makes the second primary refuse all queries, or takes it away.
func (s *stand) refuse(t *testing.T, all bool) {
	t.Helper()
	text := ""
	if all {
		text = "allow-query { none; };\n"
	}
	if err := os.WriteFile(s.refusal, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *stand) startOurs(t *testing.T, port int, from, tell string) *understudy.Server {
	t.Helper()
	plain, keyed := split(s.zones)
	lines := []string{
		".:" + strconv.Itoa(port) + " {", "bind 127.0.0.1", "errors",
		"prometheus 127.0.0.1:{{port:metrics}}", "pprof 127.0.0.1:{{port:pprof}}",
		"tsig {\nsecret " + s.key.FQDN() + " " + s.key.Secret + "\n}",
	}
	for _, c := range []struct{ zones, key string }{{plain, ""}, {keyed, " key " + s.key.FQDN()}} {
		lines = append(lines, "secondaryplus "+c.zones+" {", "transfer from "+from+c.key, "transfer to 127.0.0.0/8"+c.key)
		if tell != "" {
			lines = append(lines, "also_notify "+tell+c.key)
		}
		lines = append(lines, "persist {{dir}}", "refresh 1s 1h", "retry 1s 1h", "transfers 20 10", "}")
	}
	return understudy.Start(t, understudy.Config{Corefile: strings.Join(append(lines, "}", ""), "\n")})
}

// keyOf signs transfers of a zone, if it has to be.
func (s *stand) keyOf(z *model) *ask.Key {
	if z.keyed {
		return &s.key
	}
	return nil
}
