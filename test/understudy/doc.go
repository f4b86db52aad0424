// Package understudy starts our CoreDNS binary for tests.
//
//	s := understudy.Start(t, understudy.Config{Corefile: `
//	example.org:{{port}} {
//	    bind 127.0.0.1
//	    secondaryplus { ... {{dir}}/state ... }
//	    prometheus 127.0.0.1:{{port:metrics}}
//	}`})
//	ask.WaitSerial(t, s.Addr(), "example.org.", 7)
//	s.WaitMetric(t, "metrics", "coredns_dns_requests_total", 1, "zone=example.org.")
//	s.Reload(t, "")
//
// The binary is built once from the module that the test belongs to, with the
// go tool, which does nothing if it is up to date. UNDERSTUDY_BIN names another
// binary to test instead. Its process ends with the test, however that ends.
package understudy
