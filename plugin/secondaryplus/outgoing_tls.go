package secondaryplus

import (
	"slices"

	"github.com/coredns/coredns/core/dnsserver"
)

// givesAway says whether any of the stanzas has `transfer to`.
func givesAway(configs []config) bool {
	return slices.ContainsFunc(configs, func(c config) bool { return len(c.downstream) > 0 })
}

// offerDoT makes the server select the ALPN protocol of DNS over TLS, which a secondary must insist on (RFC
// 9103 §7.1), and which the tls plugin leaves out. Servers of other protocols set their own.
func offerDoT(site *dnsserver.Config, configs []config) {
	if site.TLSConfig != nil && len(site.TLSConfig.NextProtos) == 0 && givesAway(configs) {
		site.TLSConfig.NextProtos = []string{"dot"}
	}
}
