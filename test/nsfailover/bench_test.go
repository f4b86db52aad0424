package nsfailover_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/understudy"
)

// BenchmarkAThousandTargets is what it costs to check a thousand addresses at the default interval, in percent of a core,
// and how many descriptors are open, beside what the same process takes without a pool. All addresses are on loopback, and
// one process answers for them.
func BenchmarkAThousandTargets(b *testing.B) {
	var members []string
	for i := range 1000 {
		members = append(members, fmt.Sprintf("127.1.%d.%d", i/250, i%250+1))
	}
	port := everywhere(b)
	for name, check := range map[string]string{
		"none": "", "tcp": fmt.Sprintf("tcp %d", port), "http": fmt.Sprintf("http http://www.example.org:%d/", port),
		"dns": fmt.Sprintf("dns www.example.org A port %d", port),
	} {
		b.Run(name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "db.example.org")
			if err := os.WriteFile(path, []byte(zoneText), 0o600); err != nil {
				b.Fatal(err)
			}
			text := corefile("file "+path, "primary "+strings.Join(members, " "), "backup 127.2.0.1", "check "+check)
			if check == "" {
				text = zone + ":{{port}} {\nbind 127.0.0.1\nerrors\nfile " + path + "\n}\n"
			}
			s := understudy.Start(b, understudy.Config{Corefile: text})
			<-time.After(12 * time.Second) // the first round, and somewhat more
			descriptors := 0
			for b.Loop() {
				begun, before := time.Now(), s.Usage(b).CPU
				for time.Since(begun) < 20*time.Second {
					<-time.After(time.Second)
					descriptors = max(descriptors, s.Usage(b).Descriptors)
				}
				b.ReportMetric(100*float64(s.Usage(b).CPU-before)/float64(time.Since(begun)), "%core")
			}
			b.ReportMetric(float64(descriptors), "descriptors")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// everywhere answers for all addresses of loopback, over TCP as a web server, and over UDP as a nameserver.
func everywhere(b *testing.B) (port int) {
	b.Helper()
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		b.Fatal(err)
	}
	web := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
	go func() { _ = web.Serve(l) }()
	b.Cleanup(func() { _ = web.Close() })
	packets, err := net.ListenPacket("udp4", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	names := &dns.Server{PacketConn: packets, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IPv4(192, 0, 2, 1)}}
		_ = w.WriteMsg(m)
	})}
	go func() { _ = names.ActivateAndServe() }()
	b.Cleanup(func() { _ = names.Shutdown() })
	return l.Addr().(*net.TCPAddr).Port
}
