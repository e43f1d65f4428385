package advise

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxObjects limits the size of a schema that is copied.
const maxObjects = 5000

var errTooLarge = fmt.Errorf("the schema has more than %d tables and indexes, too many to copy", maxObjects)

// object is a row of sqlite_schema.
type object struct{ kind, name, sql string }

func (o object) virtual() bool {
	tokens, err := lex(o.sql)
	return err == nil && len(tokens) > 1 && tokens[1].is("virtual")
}

// statistic is a row of sqlite_stat1.
type statistic struct{ table, index, stat sql.NullString }

// snapshot is what the planner knows of the live database.
type snapshot struct {
	version    int64 // PRAGMA schema_version
	pageSize   int64 // bytes
	objects    []object
	statistics []statistic
}

// look reads a snapshot, or returns old if nothing has changed since.
func look(ctx context.Context, db *sql.DB, old *snapshot) (*snapshot, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	// This does not use a transaction, because in some pools every transaction
	// begins by locking the database.
	for range 3 {
		before, err := pragma(ctx, conn, "schema_version")
		if err != nil {
			return nil, err
		}
		s := &snapshot{version: before}
		if old != nil && old.version == before {
			s.objects, s.pageSize = old.objects, old.pageSize
		} else if err := s.readSchema(ctx, conn); err != nil {
			return nil, err
		}
		if err := s.readStatistics(ctx, conn); err != nil {
			return nil, err
		}
		after, err := pragma(ctx, conn, "schema_version")
		if err != nil {
			return nil, err
		}
		if before != after {
			continue
		}
		if old != nil && old.version == s.version && slices.Equal(old.statistics, s.statistics) {
			return old, nil
		}
		return s, nil
	}
	return nil, errors.New("the schema keeps changing; try again later")
}

func pragma(ctx context.Context, conn *sql.Conn, name string) (n int64, err error) {
	err = conn.QueryRowContext(ctx, "PRAGMA "+name).Scan(&n)
	return n, err
}

func (s *snapshot) readSchema(ctx context.Context, conn *sql.Conn) (err error) {
	if s.pageSize, err = pragma(ctx, conn, "page_size"); err != nil {
		return err
	}
	rows, err := conn.QueryContext(ctx, "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var o object
		if err := rows.Scan(&o.kind, &o.name, &o.sql); err != nil {
			return err
		}
		if s.objects = append(s.objects, o); len(s.objects) > maxObjects {
			return errTooLarge
		}
	}
	return rows.Err()
}

func (s *snapshot) readStatistics(ctx context.Context, conn *sql.Conn) error {
	analyzed := func(o object) bool { return strings.EqualFold(o.name, "sqlite_stat1") }
	if !slices.ContainsFunc(s.objects, analyzed) {
		return nil
	}
	rows, err := conn.QueryContext(ctx, "SELECT tbl, idx, stat FROM sqlite_stat1 LIMIT ?", maxObjects)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r statistic
		if err := rows.Scan(&r.table, &r.index, &r.stat); err != nil {
			return err
		}
		s.statistics = append(s.statistics, r)
	}
	return rows.Err()
}
