// Package anycast shows that a name server's address is announced by BGP while the server is ready, and no longer.
package anycast
