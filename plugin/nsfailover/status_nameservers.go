package nsfailover

import (
	"context"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/nswatch"
	"github.com/understudy-dns/understudy/plugin/internal/status"
)

func init() { status.Register("nameservers", nameserversPart{}) }

// nameserversPart shows the nameservers of the zones that are watched: of all, or of one; and has one looked at.
//
//	GET  /v1/nameservers    /v1/nameservers/ZONE
//	POST /v1/nameservers/ZONE/check
type nameserversPart struct{}

// watchDocument is what is told of a zone whose nameservers are watched.
type watchDocument struct {
	Zone        string               `json:"zone"`
	Server      string               `json:"server"`
	Checked     time.Time            `json:"checked,omitzero"`
	Nameservers []nameserverDocument `json:"nameservers"`
	Findings    []findingDocument    `json:"findings"`
	Unknown     map[string]string    `json:"unknown,omitempty"` // what could not be asked, and why
}

// nameserverDocument is what is told of an address of a nameserver.
type nameserverDocument struct {
	Name       string     `json:"name"`
	Address    string     `json:"address"`
	State      string     `json:"state"` // ok, or the first thing that is wrong
	Serial     *uint32    `json:"serial,omitempty"`
	Lag        *float64   `json:"lag_seconds,omitempty"`
	RTT        float64    `json:"rtt_seconds,omitempty"`
	UDP        string     `json:"udp_error,omitempty"`
	TCP        string     `json:"tcp_error,omitempty"`
	Lame       string     `json:"lame,omitempty"`
	Recursion  bool       `json:"recursion"`
	EDNS       bool       `json:"edns"`
	Signatures *time.Time `json:"signatures_until,omitempty"`
}

type findingDocument struct {
	Kind       string `json:"kind"`
	What       string `json:"what,omitempty"`
	Nameserver string `json:"nameserver,omitempty"`
	Address    string `json:"address,omitempty"`
	Critical   bool   `json:"critical"`
	Text       string `json:"text"`
}

// The states of a nameserver. One to which this host has no way, or of several of which none answers, is not known.
const (
	nsOK          = "ok"
	nsUnknown     = "unknown"
	nsUnreachable = "unreachable"
	nsLame        = "lame"
	nsBehind      = "behind"
)

// Read implements status.Part.
func (nameserversPart) Read(path []string) (any, error) {
	if len(path) > 1 {
		return nil, status.ErrNothing
	}
	list := []watchDocument{}
	for _, z := range watching.list() {
		if len(path) == 0 || z.name == nameOf(path[0]) {
			list = append(list, z.document(time.Now()))
		}
	}
	if len(path) == 1 && len(list) == 0 {
		return nil, status.ErrNothing
	}
	return map[string]any{"zones": list}, nil
}

func (z *watchedZone) document(now time.Time) watchDocument {
	z.mu.Lock()
	defer z.mu.Unlock()
	d := watchDocument{
		Zone: z.name, Server: z.server, Checked: status.At(z.at), Nameservers: []nameserverDocument{}, Findings: []findingDocument{},
		Unknown: make(map[string]string),
	}
	for i := range z.seen {
		d.Nameservers = append(d.Nameservers, z.nameserver(&z.seen[i], now))
	}
	for _, f := range z.findings() {
		told := findingDocument{Kind: string(f.Kind), What: f.What, Critical: f.Critical, Text: f.Text}
		if f.Server != (nswatch.Server{}) {
			told.Nameserver, told.Address = f.Server.Name, f.Server.Addr.String()
		}
		d.Findings = append(d.Findings, told)
	}
	for what, why := range z.said {
		d.Unknown[what] = why
	}
	return d
}

// nameserver is what the last round saw of one.
func (z *watchedZone) nameserver(s *nswatch.Seen, now time.Time) nameserverDocument {
	d := nameserverDocument{
		Name: s.Name, Address: s.Addr.String(), RTT: s.RTT.Seconds(), UDP: nswatch.Why(s.UDP), TCP: nswatch.Why(s.TCP),
		Recursion: s.Recursion, EDNS: s.EDNS,
	}
	if s.Answers() {
		d.Lame = s.Lame
	}
	since, compared := z.behind[s.Server]
	if s.Authority() {
		serial := uint32(s.Serial)
		d.Serial = &serial
	}
	if compared {
		lag := 0.0
		if !since.IsZero() {
			lag = now.Sub(since).Seconds()
		}
		d.Lag = &lag
	}
	if until, ok := z.until[s.Server]; ok {
		at := status.At(until)
		d.Signatures = &at
	}
	switch {
	case s.NoRoute || z.cut:
		d.State = nsUnknown
	case s.UDP != nil || s.TCP != nil:
		d.State = nsUnreachable
	case s.Lame != "":
		d.State = nsLame
	case compared && !since.IsZero():
		d.State = nsBehind
	default:
		d.State = nsOK
	}
	return d
}

// Order implements status.Part.
func (nameserversPart) Order(_ context.Context, path []string, from string) (any, error) {
	if len(path) != 2 {
		return nil, status.ErrNoAction
	}
	found := 0
	for _, z := range watching.list() {
		if z.name == nameOf(path[0]) {
			found++
		}
	}
	switch {
	case found == 0:
		return nil, status.ErrNothing
	case path[1] != "check":
		return nil, status.ErrNoAction
	}
	for _, z := range watching.list() {
		if z.name == nameOf(path[0]) {
			z.hurry(time.Now())
		}
	}
	log.Infof("%s: a look at its nameservers ordered from %s", nameOf(path[0]), from)
	return map[string]string{"zone": nameOf(path[0]), "ordered": path[1]}, nil
}
