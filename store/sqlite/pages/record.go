package pages

import (
	"encoding/binary"
	"math"
)

// maxRecord limits the size of a record, in bytes. SQLite's own limit is 2 GB.
const maxRecord = 64 << 20

// record reads a cell with a record. It returns false unless everything that the
// cell says about itself fits.
func (p *Page) record(i int) (r Record, ok bool) {
	at := p.cell(i)
	if at < 0 {
		return r, false
	}
	b := p.bytes[at:p.file.usable]
	if p.Kind() == IndexInterior {
		if len(b) < 4 {
			return r, false
		}
		b = b[4:]
	}
	size, n := varint(b)
	if n == 0 || size == 0 || size > maxRecord {
		return r, false
	}
	b = b[n:]
	if p.Kind() == TableLeaf {
		number, n := varint(b)
		if n == 0 {
			return r, false
		}
		r.Number, b = int64(number), b[n:]
	}
	content, ok := p.content(b, int(size))
	if !ok {
		return r, false
	}
	r.Values, ok = decode(content)
	return r, ok
}

// local returns how many bytes of a record of this size are on the page itself.
func (p *Page) local(size int) int {
	u := p.file.usable
	most := u - 35
	if p.Kind() != TableLeaf {
		most = (u-12)*64/255 - 23
	}
	if size <= most {
		return size
	}
	least := (u-12)*32/255 - 23
	if n := least + (size-least)%(u-4); n <= most {
		return n
	}
	return least
}

// content returns the bytes of a record that starts in b. The rest is in a chain of
// overflow pages.
func (p *Page) content(b []byte, size int) ([]byte, bool) {
	local := p.local(size)
	if local > len(b) {
		return nil, false
	}
	if local == size {
		return b[:size], true
	}
	if local+4 > len(b) || !plausible(b[:local], size) {
		return nil, false
	}
	all := append([]byte(nil), b[:local]...)
	next, use, parent := int64(binary.BigEndian.Uint32(b[local:])), FirstOverflow, p.Number
	for len(all) < size {
		page := p.file.Page(next)
		if page.bytes == nil || !p.file.isOverflow(next, use, parent) {
			return nil, false
		}
		rest := page.bytes[4:p.file.usable]
		all = append(all, rest[:min(len(rest), size-len(all))]...)
		next, use, parent = int64(binary.BigEndian.Uint32(page.bytes)), Overflow, next
	}
	return all, next == 0
}

// plausible reports whether the header of a record describes a record of this size.
// The record starts in b, which must have the whole header.
func plausible(b []byte, size int) bool {
	header, n := varint(b)
	if n == 0 || header > uint64(len(b)) {
		return false
	}
	total := header
	for at := n; at < int(header); {
		kind, n := varint(b[at:header])
		if n == 0 || length(kind) > maxRecord {
			return false
		}
		at += n
		total += length(kind)
	}
	return total == uint64(size)
}

// decode returns the values of a record.
func decode(b []byte) (values []any, ok bool) {
	if !plausible(b, len(b)) {
		return nil, false
	}
	header, at := varint(b)
	content := b[header:]
	for at < int(header) {
		kind, n := varint(b[at:header])
		at += n
		value, ok := decodeValue(kind, content[:length(kind)])
		if !ok {
			return nil, false
		}
		values, content = append(values, value), content[length(kind):]
	}
	return values, true
}

// length returns how many bytes a value of a kind takes.
func length(kind uint64) uint64 {
	switch {
	case kind >= 12:
		return (kind - 12) / 2
	case kind >= 8:
		return 0
	default:
		return [...]uint64{0, 1, 2, 3, 4, 6, 8, 8}[kind]
	}
}

func decodeValue(kind uint64, b []byte) (any, bool) {
	switch {
	case kind == 0:
		return nil, true
	case kind <= 6:
		n := int64(int8(b[0]))
		for _, next := range b[1:] {
			n = n<<8 | int64(next)
		}
		return n, true
	case kind == 7:
		return math.Float64frombits(binary.BigEndian.Uint64(b)), true
	case kind <= 9:
		return int64(kind - 8), true
	case kind < 12:
		return nil, false // SQLite's own use
	case kind%2 == 0:
		return append([]byte{}, b...), true
	default:
		return string(b), true
	}
}

// varint returns a number and how many bytes it takes, which is 0 if b ends
// before.
func varint(b []byte) (n uint64, size int) {
	for i := range min(9, len(b)) {
		if i == 8 {
			return n<<8 | uint64(b[i]), 9
		}
		if n = n<<7 | uint64(b[i]&0x7f); b[i] < 0x80 {
			return n, i + 1
		}
	}
	return 0, 0
}
