package store

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
)

// position is where a page ends: the last entry's place in the order, and its
// ID.
type position struct{ first, id int64 }

// Cursors are 1 byte of version, the position, and 8 bytes by which one that
// was made up, cut short or taken from another query is told from a real one.
// They hide and grant nothing.
const (
	cursorVersion = 1
	cursorSize    = 1 + 8 + 8 + 8
)

// cursor writes the position for whoever asked with the filter.
func (p position) cursor(filter string) string {
	b := make([]byte, 0, cursorSize)
	b = append(b, cursorVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(p.first))
	b = binary.BigEndian.AppendUint64(b, uint64(p.id))
	return base64.RawURLEncoding.EncodeToString(append(b, seal(b, filter)...))
}

func seal(b []byte, filter string) []byte {
	sum := sha256.Sum256(append(append([]byte{}, b...), filter...))
	return sum[:8]
}

// readCursor is the position that cursor wrote for the same filter.
func readCursor(cursor, filter string) (position, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) != cursorSize || b[0] != cursorVersion || string(seal(b[:17], filter)) != string(b[17:]) {
		return position{}, &InvalidError{"cursor", "it was not given out for this query; begin without one, and change nothing else from page to page"}
	}
	return position{int64(binary.BigEndian.Uint64(b[1:])), int64(binary.BigEndian.Uint64(b[9:]))}, nil
}
