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
	measuredPages   = 40 // of an index: enough to average out page splits
	mostRows        = 6000
	measuredInserts = 64
	frameHeader     = 24 // bytes before each page in a write-ahead log
)

// Cost is what an index costs. It is measured: rows like those of the table are
// inserted into an index of the same shape, in memory.
type Cost struct {
	// BytesPerRow is the size of the index on disk per row of the table.
	BytesPerRow float64
	// WALBytesPerInsert is how much the index adds to the write-ahead log for
	// an insert in a transaction of its own. Inserts in one transaction share
	// pages and add less.
	WALBytesPerInsert float64
	// Rows is the approximate number of rows of the table, or 0 if it is
	// unknown.
	Rows int64
	// TotalBytes is the size of the index for all Rows.
	TotalBytes int64
}

// scale measures indexes and caches the result by shape.
type scale struct {
	pageSize int64
	known    map[string]Cost
}

// cost measures an index of t on rows like those in the sample.
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

// withKey appends the columns that end an index of a table without rowid.
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

// shape returns an expression in i, the number of the row, whose values are
// distributed like the term's: in width, in number and in order.
func shape(t term, v spread) string {
	textual := t.column == nil || t.column.affinity == "TEXT" || t.column.affinity == "BLOB"
	wide := int(math.Round(v.width))
	value := "i"
	if !v.ascending {
		// Knuth's multiplicative hash makes the order of the values independent
		// of the order of the rows.
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
		// Start at the smallest number that takes as many bytes.
		return fmt.Sprintf("%s + %d", value, int64(1)<<max(0, 8*min(wide, 7)-9))
	}
	return fmt.Sprintf("%s & %d", value, 1<<(8*wide-1)-1)
}

// measure fills a tree like that of an index and counts its pages. A table
// without rowid whose key is all its columns has the same tree as an index.
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
	// The first page contains the schema.
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

// image returns the database as the bytes of a file.
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

// differing counts the pages that a write-ahead log would contain.
func differing(before, after []byte, page int) (n int) {
	for at := 0; at < len(after); at += page {
		if at >= len(before) || !bytes.Equal(before[at:at+page], after[at:at+page]) {
			n++
		}
	}
	return n
}
