package corefile

import "strings"

// Block is what tells a server block from others.
type Block struct {
	Key, View string   // the first key
	Hosts     []string // that it is bound to
}

// TellApart are the keys of all server blocks of a Corefile, each with the addresses behind it where another one has the
// same key and the same view: they may serve the same zone from other primaries.
func TellApart(blocks []Block) (keys []string) {
	type name struct{ key, view string }
	named := make(map[name]int)
	for _, b := range blocks {
		named[name{b.Key, b.View}]++
	}
	for _, b := range blocks {
		key := b.Key
		if named[name{b.Key, b.View}] > 1 {
			key += "@" + strings.Join(b.Hosts, ",")
		}
		keys = append(keys, key)
	}
	return keys
}

// Label is what names a server block in metrics and alerts: its key as TellApart has it, with its view.
func Label(key, view string) string {
	if view == "" {
		return key
	}
	return key + "/" + view
}
