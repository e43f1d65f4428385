package advise

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
)

const (
	measuredPages   = 40 // of an index: enough for splits to even out
	mostRows        = 6000
	measuredInserts = 64
	frameHeader     = 24 // bytes before each page in a write-ahead log
)

// Cost is what an index takes. The figures are measured: rows like those of
// the table go into an index of the same shape, in memory.
type Cost struct {
	// BytesPerRow is what the index takes on disk for each row of the table.
	BytesPerRow float64
	// WALBytesPerInsert is what the index adds to the write-ahead log for an
	// insert that is committed by itself. Inserts that share a transaction
	// share pages, and take less.
	WALBytesPerInsert float64
	// Rows is about how many the table holds, 0 where that is unknown.
	Rows int64
	// TotalBytes is what the index takes for all of Rows.
	TotalBytes int64
}

// scale weighs indexes, each shape once.
type scale struct {
	pageSize int64
	known    map[string]Cost
}

// cost weighs an index of t by what its rows are like.
func (s *scale) cost(ctx context.Context, t *table, known *sample, terms []term, fraction float64) (Cost, error) {
	terms = withKey(t, terms)
	shapes := make([]string, len(terms))
	length := 0.0
	for i, x := range terms {
		v := known.of(x)
		shapes[i] = shape(x, v)
		length += 1 + v.width
	}
	key := strings.Join(shapes, ", ")
	one, ok := s.known[key]
	if !ok {
		rows := min(mostRows, int(measuredPages*float64(s.pageSize)/(length+8)))
		var err error
		if one, err = s.measure(ctx, shapes, rows); err != nil {
			return Cost{}, err
		}
		s.known[key] = one
	}
	return Cost{
		BytesPerRow:       one.BytesPerRow * fraction,
		WALBytesPerInsert: one.WALBytesPerInsert * fraction,
		Rows:              known.rows,
		TotalBytes:        int64(one.BytesPerRow * fraction * float64(known.rows)),
	}, nil
}

// withKey adds what an index of t ends with where that is not the rowid.
func withKey(t *table, terms []term) []term {
	if !t.withoutRowid {
		return terms
	}
	all := terms[:len(terms):len(terms)]
	for _, c := range t.columns {
		if c.key > 0 {
			all = append(all, term{column: c})
		}
	}
	return all
}

// shape is an expression of i, the number of the row, that lies like the
// term's values: as wide, as many, and in as much order.
func shape(t term, v spread) string {
	textual := t.column == nil || t.column.affinity == "TEXT" || t.column.affinity == "BLOB"
	wide := int(math.Round(v.width))
	value := "i"
	if !v.ascending {
		// Knuth's multiplicative hash, for the order of the values to have
		// nothing to do with that of the rows.
		value = "((i * 2654435761) % 4294967296)"
		if v.distinct > 0 && v.distinct < 1<<32 {
			value += fmt.Sprintf(" %% %d", max(1, int64(v.distinct)))
		}
	}
	switch {
	case textual && wide == 0:
		return "''"
	case textual:
		return fmt.Sprintf("substr(printf('%%0%dd', %s), -%d)", min(wide, 4000), value, min(wide, 4000))
	case t.column.affinity == "REAL":
		return value + " + 0.5"
	case wide == 0:
		return value + " & 1"
	case v.ascending || wide >= 4:
		// The first number that takes as many bytes.
		return fmt.Sprintf("%s + %d", value, int64(1)<<(8*min(wide, 7)-9))
	}
	return fmt.Sprintf("%s & %d", value, 1<<(8*wide-1)-1)
}

// measure fills a tree like an index's and looks at its pages. A table without
// rowid whose key is all there is has the same tree as an index.
func (s *scale) measure(ctx context.Context, shapes []string, rows int) (c Cost, err error) {
	db, conn, err := memory(ctx, nil, func(any) error { return nil })
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	columns := "i"
	for i := range shapes {
		columns = fmt.Sprintf("c%d, %s", len(shapes)-1-i, columns)
	}
	make := fmt.Sprintf("PRAGMA page_size=%d; CREATE TABLE tree(%[2]s, PRIMARY KEY (%[2]s)) WITHOUT ROWID", s.pageSize, columns)
	if _, err := conn.ExecContext(ctx, make); err != nil {
		return c, err
	}
	insert := "INSERT INTO tree WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2) SELECT " +
		strings.Join(shapes, ", ") + ", i FROM n"
	if _, err := conn.ExecContext(ctx, insert, 1, rows); err != nil {
		return c, err
	}
	before, err := image(conn)
	if err != nil {
		return c, err
	}
	// The first page holds the schema.
	c.BytesPerRow = float64(int64(len(before))-s.pageSize) / float64(rows)
	dirty := 0
	for i := range measuredInserts {
		if _, err := conn.ExecContext(ctx, insert, rows+i+1, rows+i+1); err != nil {
			return c, err
		}
		after, err := image(conn)
		if err != nil {
			return c, err
		}
		dirty += differing(before, after, int(s.pageSize))
		before = after
	}
	c.WALBytesPerInsert = float64(dirty) / measuredInserts * float64(s.pageSize+frameHeader)
	return c, nil
}

// image is the database as a file.
func image(conn *sql.Conn) (image []byte, err error) {
	err = conn.Raw(func(c any) error {
		serializer, ok := c.(interface{ Serialize() ([]byte, error) })
		if !ok {
			return fmt.Errorf("the SQLite driver does not serialize: %T", c)
		}
		image, err = serializer.Serialize()
		return err
	})
	return image, err
}

// differing counts the pages that a write-ahead log would hold.
func differing(before, after []byte, page int) (n int) {
	for at := 0; at < len(after); at += page {
		if at >= len(before) || !bytes.Equal(before[at:at+page], after[at:at+page]) {
			n++
		}
	}
	return n
}
