package owner

import "bytes"

// A sort key is a byte string whose plain order (bytes.Compare) is the canonical order of RFC 4034 §6.1
// among the names of one zone. It is relative to the apex, whose own key is empty.
//
// The labels below the apex are written from the highest to the lowest, in lower case, each ended by a
// zero octet. So that the end sorts before every octet of a longer label, the octets 0 and 1 are written
// as 1 1 and 1 2. A name's key is a prefix of exactly the keys of the names below it.

const (
	labelEnd = 0
	escape   = 1
)

// AppendKey appends the sort key of name below apex to dst. ok is false, and dst returned as it was,
// when the name is not in the zone.
func AppendKey(dst []byte, name, apex Name) (key []byte, ok bool) {
	if !name.IsBelowOrEqual(apex) {
		return dst, false
	}
	var starts [MaxName / 2]uint8
	count := 0
	for off := 0; off < len(name)-len(apex); off += 1 + int(name[off]) {
		starts[count] = uint8(off)
		count++
	}
	for i := count - 1; i >= 0; i-- {
		off := int(starts[i])
		dst = appendLabelKey(dst, name[off+1:off+1+int(name[off])])
	}
	return dst, true
}

func appendLabelKey(dst, label []byte) []byte {
	for _, b := range label {
		if b <= escape {
			dst = append(dst, escape, b+1)
			continue
		}
		dst = append(dst, Lower(b))
	}
	return append(dst, labelEnd)
}

// AppendName appends to dst the name, in lower case, that key stands for in the zone of apex.
func AppendName(dst, key []byte, apex Name) Name {
	end := len(key)
	for end > 0 {
		start := bytes.LastIndexByte(key[:end-1], labelEnd) + 1
		dst = appendLabel(dst, key[start:end-1])
		end = start
	}
	return append(dst, apex...)
}

func appendLabel(dst, escaped []byte) []byte {
	length := len(dst)
	dst = append(dst, 0)
	for i := 0; i < len(escaped); i++ {
		b := escaped[i]
		if b == escape {
			i++
			b = escaped[i] - 1
		}
		dst = append(dst, b)
	}
	dst[length] = byte(len(dst) - length - 1)
	return dst
}

// ParentKey is the key of the parent; the apex is its own parent.
func ParentKey(key []byte) []byte {
	if len(key) == 0 {
		return key
	}
	return key[:bytes.LastIndexByte(key[:len(key)-1], labelEnd)+1]
}

// KeyLabels counts the labels between the apex and the name.
func KeyLabels(key []byte) int { return bytes.Count(key, []byte{labelEnd}) }

// CommonAncestor is the length of the longest key that is a or b or an ancestor of both.
func CommonAncestor(a, b []byte) int {
	common := 0
	for i := 0; i < len(a) && i < len(b) && a[i] == b[i]; i++ {
		if a[i] == labelEnd {
			common = i + 1
		}
	}
	return common
}

// IsBelow says whether key is a name below ancestor (not ancestor itself).
func IsBelow(key, ancestor []byte) bool {
	return len(key) > len(ancestor) && bytes.HasPrefix(key, ancestor)
}

// FirstLabelKey is the part of key that belongs to the first label after the first n octets, the end
// of label included: key[:n+len] is the key of the name one label below the ancestor of length n.
func FirstLabelKey(key []byte, n int) []byte {
	end := bytes.IndexByte(key[n:], labelEnd)
	return key[:n+end+1]
}

// AppendWildcardKey appends the key of the wildcard name *.ancestor.
func AppendWildcardKey(dst, ancestor []byte) []byte {
	return append(append(dst, ancestor...), '*', labelEnd)
}
