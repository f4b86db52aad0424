package refresh

import (
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// Standing is how a zone is answered at a moment, for other plugins of the server block.
type Standing struct {
	Apex   owner.Name
	Loaded bool // it was transferred before
	Valid  bool // its lease has not run out
	Held   bool // a version is kept back
	Serial serial.Serial
}
