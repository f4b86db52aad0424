package answer

import (
	"bytes"
	"encoding/binary"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A chain is the NSEC3 records of a zone that share a hash algorithm, iterations and a salt. Several may be
// there while the zone goes from one to another; their records lie mixed in one list.
type chain struct {
	v          *zone.Version
	params     []byte // algorithm, iterations, salt as in the RDATA of NSEC3PARAM, flags zero
	iterations uint16
	salt       []byte
	// The records for the apex and for the wildcard below it, if they are known: most denials need them.
	apex, wildcard *proof
	room           []byte // for what is hashed; nil: it has to be made
}

// A proof is the record that is found for a name.
type proof struct {
	node    zone.Node
	matches bool
}

const (
	hashSHA1 = 1 // RFC 5155 §11
	// paramsFixed is the length of algorithm, flags, iterations and salt length (RFC 5155 §3.2, §4.2).
	paramsFixed = 5
)

// findChain chooses the chain that is used.
//
// RFC 5155 §4.1.2: an NSEC3PARAM with flags stands for nothing. Where several are left, any will do (§7.3 wants each
// chain complete): it is the first whose record for the apex is there.
func findChain(v *zone.Version) (chain, bool) {
	set, ok := v.ApexNode().RRset(dns.TypeNSEC3PARAM)
	if !ok {
		return chain{}, false
	}
	for params := range set.Data() {
		if len(params) < paramsFixed || params[0] != hashSHA1 || params[1] != 0 {
			continue
		}
		c := chain{v: v, params: params, iterations: binary.BigEndian.Uint16(params[2:]), salt: params[paramsFixed:]}
		if set.Len() == 1 && !v.ApexNode().Has(dns.TypeNSEC) {
			return c, true // nothing to choose from
		}
		if _, ok := c.find("", v.Apex()); ok {
			return c, true
		}
	}
	return chain{}, false
}

// find finds the record that matches a name, whose owner name is the hash of it, or else the one that covers it
// (RFC 5155 §1.3): the hash lies between its owner name and its next hashed owner name. The last record of the
// chain covers what is before the first. Without any record the node is zero.
func (c *chain) find(prefix string, name owner.Name) (node zone.Node, matches bool) {
	if c.apex != nil && len(name) == len(c.v.Apex()) {
		if prefix == asterisk {
			return c.wildcard.node, c.wildcard.matches
		}
		return c.apex.node, c.apex.matches
	}
	key := c.hash(prefix, name)
	cursor := c.v.HashedCursor()
	if cursor.Seek(key[:]) {
		if node = cursor.Node(); bytes.Equal(node.Key(), key[:]) && c.holds(node) {
			return node, true
		}
	}
	for range searchSteps {
		if !cursor.Prev() && !cursor.Last() {
			break
		}
		if node = cursor.Node(); c.holds(node) {
			return node, false
		}
	}
	return zone.Node{}, false
}

// holds says whether the node's NSEC3 record belongs to the chain.
func (c *chain) holds(node zone.Node) bool {
	if len(node.Key()) != hashedKeyLen {
		return false
	}
	set, ok := node.RRset(dns.TypeNSEC3)
	if !ok {
		return false
	}
	for data := range set.Data() {
		if len(data) >= len(c.params) && data[0] == c.params[0] && bytes.Equal(data[2:len(c.params)], c.params[2:]) {
			return true
		}
	}
	return false
}
