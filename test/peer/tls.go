package peer

// tlsNames are the distinct names of primaries that are asked over TLS.
func (c Config) tlsNames() []string {
	var names []string
	seen := map[string]bool{"": true}
	for _, z := range c.Zones {
		for _, e := range z.Primaries {
			if !seen[e.TLS] {
				seen[e.TLS] = true
				names = append(names, e.TLS)
			}
		}
	}
	return names
}

// namedTLS writes one tls clause for the server's own port and one for each
// name of a primary.
func namedTLS(x *text, c Config) {
	own := ""
	if c.TLS != nil {
		own = `cert-file "` + c.TLS.CertFile + `"; key-file "` + c.TLS.KeyFile + `"; `
		demand := ""
		if c.TLS.ClientCA != "" {
			demand = `ca-file "` + c.TLS.ClientCA + `"; `
		}
		x.line("tls server { %s%s};", own, demand)
	}
	for _, name := range c.tlsNames() {
		x.line("tls %q { ca-file %q; remote-hostname %q; %s};", "to-"+name, c.CAFile, name, own)
	}
}

// nsdTLS writes one tls-auth clause for each name of a primary.
func nsdTLS(x *text, c Config) {
	for _, name := range c.tlsNames() {
		x.line("tls-auth:\n\tname: %q\n\tauth-domain-name: %q", "to-"+name, name)
		if c.TLS != nil {
			x.line("\tclient-cert: %q\n\tclient-key: %q", c.TLS.CertFile, c.TLS.KeyFile)
		}
	}
}
