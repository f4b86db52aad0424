// Package xot has no code of its own: its tests transfer zones over TLS (RFC 9103) from named, NSD, and Knot
// behind a relay, and have TLS fail in every way, with a primary behind it that answers in clear text, too.
package xot
