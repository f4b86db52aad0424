package oracle

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/peer/process"
)

// validatedSample is how many answers of ours unbound is to validate.
const validatedSample = 600

// validate has unbound, with the keys of the zones as trust anchors, resolve
// through our server a sample of what can be resolved: names whose answer does
// not lead to a cut or out of the zone. Our own checker and unbound thus watch
// each other.
func (f *fleet) validate(t *testing.T, ours string, seed uint64) {
	t.Helper()
	addr := startUnbound(t, ours, f.zones)
	rnd := rand.New(rand.NewPCG(seed, 4035))
	bogus, checked := 0, 0
	for _, z := range f.zones {
		if !z.Signed() || z.Unprovable {
			continue
		}
		list := questionsFor(z, 3*validatedSample/len(f.zones), rnd)
		answers := askAll(ours, list)
		for n, q := range list {
			if f.holder(q, z) != z || !final(z, q, answers[n]) {
				continue
			}
			checked++
			if err := validates(addr, q, answers[n]); err != nil {
				if bogus++; bogus <= shownFailures {
					t.Logf("unbound: zone %s: %s: %v\n    ours %s", z.Name, q, err, answers[n])
				}
			}
		}
	}
	t.Logf("unbound: %d answers of ours validated, %d bogus", checked, bogus)
	if bogus > 0 {
		t.Errorf("unbound finds %d of %d answers bogus", bogus, checked)
	}
}

// final says that a resolver needs to ask nobody else, and that unbound can
// tell what there is to tell.
func final(z *Zone, q Question, a *Answer) bool {
	if a.Msg == nil || !a.AA || !q.DO || q.Type == dns.TypeANY || q.Type == dns.TypeRRSIG || q.Type == dns.TypeNSEC {
		return false
	}
	p := &prover{zone: z, apex: labelsOf(z.Name), q: q, m: a.Msg}
	end, links := p.end()
	if links > 8 || q.Type == dns.TypeDS && end.equal(p.apex) {
		return false // unbound gives up at 11; and the parent is not there to be asked
	}
	if !end.under(p.apex) || p.referral(end) != nil || a.Rcode == dns.RcodeYXDomain {
		return false
	}
	if d, isNSEC3 := p.collect().(*nsec3Proof); isNSEC3 && d.unprovable(end) {
		return false // nobody can validate it
	}
	return !p.beyondUnbound(end) && (p.positive(end) || find(a.Msg.Ns, dns.TypeSOA) != nil)
}

// beyondUnbound says that unbound 1.17 does not believe what is right, whoever
// sends it.
func (p *prover) beyondUnbound(end labels) bool {
	if p.signatures() == nil {
		for _, w := range p.wildcards {
			if strings.HasPrefix(w.name.String(), "*") {
				return true // it does not see the wildcard behind a name that begins with an asterisk
			}
		}
	}
	if (p.q.Type == dns.TypeCNAME || p.q.Type == dns.TypeDNAME) && find(p.m.Answer, dns.TypeDNAME) != nil {
		return true // it wants no synthesized CNAME where one of these was asked for
	}
	if p.redirectedAgain() {
		return true // it sees only one of the CNAMEs that a DNAME makes
	}
	for _, rr := range p.m.Ns {
		if r, ok := rr.(*dns.NSEC); ok && strings.HasPrefix(r.Hdr.Name, "*.") && strings.Contains(r.NextDomain, ".*.") {
			return true // from a wildcard's NSEC it does not see that another wildcard is an empty non-terminal
		}
	}
	// Nor does it at the end of a chain, nor for DS, where its cache of NSEC answers.
	aside := p.q.Type == dns.TypeDS || find(p.m.Answer, dns.TypeCNAME) != nil
	return aside && p.zone.Denial == NSEC && p.zone.emptyWildcard(end)
}

// redirectedAgain says that one DNAME redirects two names of the chain.
func (p *prover) redirectedAgain() bool {
	for _, rr := range p.m.Answer {
		if rr.Header().Rrtype != dns.TypeDNAME {
			continue
		}
		made, owner := 0, labelsOf(rr.Header().Name)
		for _, other := range p.m.Answer {
			if other.Header().Rrtype == dns.TypeCNAME && labelsOf(other.Header().Name).below(owner) {
				made++
			}
		}
		if made > 1 {
			return true
		}
	}
	return false
}

func startUnbound(t *testing.T, ours string, zones []*Zone) string {
	t.Helper()
	number := port.Free(t, "127.0.0.1")
	var b strings.Builder
	fmt.Fprintf(&b, `server:
	interface: 127.0.0.1@%d
	port: %d
	do-daemonize: no
	chroot: ""
	username: ""
	directory: %q
	pidfile: ""
	use-syslog: no
	do-not-query-localhost: no
	do-ip6: no
	qname-minimisation: no
	aggressive-nsec: no
	harden-below-nxdomain: no
	target-fetch-policy: "0 0 0 0 0"
	module-config: "validator iterator"
	local-zone: test. nodefault
	val-log-level: 2
`, number, number, t.TempDir())
	for _, z := range zones {
		for _, key := range z.Keys {
			fmt.Fprintf(&b, "\ttrust-anchor: \"%s\"\n", strings.ReplaceAll(key.String(), "\t", " "))
		}
	}
	fmt.Fprintf(&b, "remote-control:\n\tcontrol-enable: no\n")
	for _, z := range zones {
		fmt.Fprintf(&b, "stub-zone:\n\tname: %q\n\tstub-addr: %s\n", z.Name, strings.Replace(ours, ":", "@", 1))
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "unbound.conf")
	if err := os.WriteFile(config, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return runUnbound(t, dir, config, number)
}

func runUnbound(t *testing.T, dir, config string, number int) string {
	t.Helper()
	log, err := process.NewLog(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := process.Start(log, dir, nil, located("unbound"), "-d", "-c", config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Stop(); log.Dump(t, "unbound") })
	addr := fmt.Sprintf("127.0.0.1:%d", number)
	ask.Until(t, "unbound is up", func() error {
		if !p.Running() {
			return fmt.Errorf("it ended: %w", p.Err())
		}
		_, err := ask.Query(addr, "version.server.", dns.TypeTXT, ask.Class(dns.ClassCHAOS))
		return err
	})
	return addr
}

// validates asks unbound: bogus data would be SERVFAIL.
func validates(addr string, q Question, ours *Answer) error {
	m, err := ask.Query(addr, q.Name, q.Type, ask.DO(), ask.RD(), ask.TCP())
	if err != nil {
		return err
	}
	if m.Rcode != ours.Rcode {
		return fmt.Errorf("%s", dns.RcodeToString[m.Rcode])
	}
	return nil
}
