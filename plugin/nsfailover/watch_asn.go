package nsfailover

import (
	"net/netip"
	"os"
	"path/filepath"

	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/understudy-dns/understudy/plugin/internal/nswatch"
)

// asnRecord is what is read of a record of a GeoLite2-ASN database.
type asnRecord struct {
	Number uint32 `maxminddb:"autonomous_system_number"`
}

// readable is the path of a database that can be read.
func readable(path, root string) (string, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(root, path)
	}
	db, err := openSystems(path)
	if err == nil {
		err = db.Close()
	}
	return path, err
}

func openSystems(path string) (*maxminddb.Reader, error) {
	octets, err := os.ReadFile(path) // not mapped: who updates it may write into the file
	if err != nil {
		return nil, err
	}
	return maxminddb.OpenBytes(octets)
}

// systemsIn has the autonomous systems of a few addresses looked up, in the database as it is now.
func systemsIn(path string, list []netip.Addr) (nswatch.Systems, error) {
	db, err := openSystems(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	found := make(map[netip.Addr]uint32)
	for _, a := range list {
		var r asnRecord
		if err := db.Lookup(a).Decode(&r); err == nil {
			found[a] = r.Number
		}
	}
	return func(a netip.Addr) uint32 { return found[a] }, nil
}
