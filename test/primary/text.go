package primary

import (
	"fmt"
	"strings"
)

// Text is a zone file with n hosts, h0 and so on, and any REFRESH, RETRY and EXPIRE.
func Text(serial uint32, n, refresh, retry, expire int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "$TTL 300\n@ SOA ns hostmaster %d %d %d %d 30\n@ NS ns\nns A 127.0.0.1\n", serial, refresh, retry, expire)
	for i := range n {
		fmt.Fprintf(&b, "h%d A 192.0.2.%d\n", i, i%250+1)
	}
	return b.String()
}
