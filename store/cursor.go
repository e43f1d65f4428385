package store

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
)

// MaxPage is the maximum number of entries on a page. defaultPage is the number
// if none is requested.
const (
	MaxPage     = 500
	defaultPage = 50
)

// PageLimit returns the number of entries on a page for a requested limit: the
// limit itself, or 50 for zero. It returns an *InvalidError unless 0 ≤ limit ≤
// MaxPage.
func PageLimit(limit int) (int, error) {
	switch {
	case limit == 0:
		return defaultPage, nil
	case limit < 0 || limit > MaxPage:
		return 0, &InvalidError{"limit", fmt.Sprintf("%d is out of range; use 1 to %d", limit, MaxPage)}
	default:
		return limit, nil
	}
}

// Position is where a page ends: the sort key of its last entry, and the ID
// that orders entries with equal keys. Pages are sorted in descending order.
type Position struct{ Key, ID int64 }

// first is the position before the first page.
var first = Position{math.MaxInt64, math.MaxInt64}

// A cursor is a version byte, the position, and 8 bytes of a hash over both and
// the filter. The hash detects cursors that are truncated, made up, or from
// another query. It needs no secret, because a cursor grants nothing.
const (
	cursorVersion = 1
	cursorSize    = 1 + 8 + 8 + 8
)

// Cursor encodes the position for the query that the filter identifies.
func (p Position) Cursor(filter string) string {
	b := make([]byte, 0, cursorSize)
	b = append(b, cursorVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(p.Key))
	b = binary.BigEndian.AppendUint64(b, uint64(p.ID))
	return base64.RawURLEncoding.EncodeToString(append(b, checksum(b, filter)...))
}

func checksum(b []byte, filter string) []byte {
	sum := sha256.Sum256(append(append([]byte{}, b...), filter...))
	return sum[:8]
}

// ParseCursor decodes a cursor that was made for the same filter. Without a
// cursor it returns the position before the first page. It returns an
// *InvalidError for any other cursor.
func ParseCursor(cursor, filter string) (Position, error) {
	if cursor == "" {
		return first, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) != cursorSize || b[0] != cursorVersion || string(checksum(b[:17], filter)) != string(b[17:]) {
		return Position{}, &InvalidError{"cursor", "does not belong to this query; start without a cursor, and keep all other parameters the same from page to page"}
	}
	return Position{int64(binary.BigEndian.Uint64(b[1:])), int64(binary.BigEndian.Uint64(b[9:]))}, nil
}
