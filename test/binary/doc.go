// Package binary tests the program as such: that it is CoreDNS with everything that CoreDNS has.
package binary
