package xfr

import (
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Event is one word of what a reply says. RR and what it points to are valid during the call of emit only.
//
//	AXFR            Replace Add… Finished
//	IXFR            (BeginDelete Delete… BeginAdd Add…)… Finished
//	AXFR-style IXFR Replace Add… Finished
//	one SOA         Current | Older | AskAXFR
type Event struct {
	Kind   Kind
	RR     zone.RR       // of every kind: the record that says so
	Serial serial.Serial // of all kinds but Delete and Add: that of RR, which is then an SOA
}

// Kind is what an Event says.
type Kind uint8

// The vocabulary.
const (
	// Replace: a whole zone follows. RR is its SOA and belongs to it; it does not come again as Add.
	Replace Kind = iota
	// BeginDelete: a delta begins, from the version of Serial. RR is that version's SOA, to be deleted.
	BeginDelete
	// BeginAdd: what follows is to be added. RR is the SOA of the version that the delta leads to, to be added.
	BeginAdd
	// Delete: the record is no longer in the zone.
	Delete
	// Add: the record is in the zone.
	Add
	// Finished: the reply is complete; the zone is at Serial.
	Finished
	// Current: the primary has our version.
	Current
	// Older: the primary's version is older than ours, or incomparable (RFC 1982 §3.2).
	Older
	// AskAXFR: the primary's version is newer, and the reply does not contain it (RFC 1995 §2).
	AskAXFR
)

// String is the name of the kind.
func (k Kind) String() string {
	return [...]string{
		"Replace", "BeginDelete", "BeginAdd", "Delete", "Add", "Finished", "Current", "Older", "AskAXFR",
	}[k]
}
