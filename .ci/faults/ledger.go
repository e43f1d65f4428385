package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	_ "modernc.org/sqlite" // the driver
)

// ledger counts what has happened to the acknowledged rows.
type ledger struct {
	acknowledged int
	stored       int
	aside        int // in a file that vega set aside
	destroyed    int // by the fault itself, before vega could know
	lost         int
	runs         int64 // stored, with those in files that were set aside
	integrity    string
	notes        []string // what could not be read
}

// audit looks for the acknowledged rows in the files of the store, which no process
// has open. It reads copies.
func (t *trial) audit(ctx context.Context) ledger {
	rows := t.writers.acknowledged()
	l := ledger{acknowledged: len(rows)}
	stored, err := l.read(ctx, t.data("vega.db"), t.dir+".copy")
	l.integrity = stored.integrity
	if err != nil {
		l.integrity = err.Error()
	}
	t.readAside(ctx, &l)
	for _, r := range rows {
		switch key := r.name(); {
		case stored.rows[key]:
			l.stored++
		case t.found[key]:
			l.aside++
		case r.at.Before(t.harmed):
			l.destroyed++
		default:
			l.lost++
		}
	}
	return l
}

// readAside notes the rows in the files that vega has set aside.
func (t *trial) readAside(ctx context.Context, l *ledger) {
	if t.found == nil {
		t.found = map[string]bool{}
	}
	for _, file := range setAside(t.data("")) {
		c, err := l.read(ctx, file, t.dir+".copy")
		if err != nil {
			l.notes = append(l.notes, fmt.Sprintf("%s: %v", filepath.Base(file), err))
		}
		maps.Copy(t.found, c.rows)
	}
}

func (r row) name() string { return fmt.Sprint(r.kind, r.key) }

// setAside returns the databases next to vega.db, without their side files.
func setAside(dir string) []string {
	files, _ := filepath.Glob(filepath.Join(dir, "vega.db.*"))
	return slices.DeleteFunc(files, func(f string) bool {
		return strings.HasSuffix(f, ".lock") || strings.HasSuffix(f, "-wal") || strings.HasSuffix(f, "-shm")
	})
}

// content is what a database has.
type content struct {
	rows      map[string]bool
	integrity string
}

// read reads a database, from a copy that it makes and removes, and adds its runs to
// the ledger. Of a damaged one it reads what can be read, and returns an error as well.
func (l *ledger) read(ctx context.Context, file, to string) (content, error) {
	c := content{rows: map[string]bool{}}
	defer func() {
		for _, side := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(to + side) // most have no side files
		}
	}()
	for _, side := range []string{"", "-wal"} {
		err := copyFile(to+side, file+side)
		if err != nil && (side == "" || !errors.Is(err, os.ErrNotExist)) {
			return c, err
		}
	}
	db, err := sql.Open("sqlite", to)
	if err != nil {
		return c, err
	}
	defer db.Close()
	failed := errors.Join(
		c.pieces(ctx, db, conversation, "SELECT session_id FROM conversations WHERE id BETWEEN ? AND ?", func(n int) any { return n }, 0, last),
		c.pieces(ctx, db, memory, "SELECT key FROM memories WHERE key BETWEEN ? AND ?", func(n int) any { return keyOf(n) }, 0, last),
	)
	var runs int64
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM runs
		WHERE integration NOT IN (SELECT id FROM run_names WHERE name = 'job' OR name LIKE 'patient-%')`).Scan(&runs); err != nil {
		failed = errors.Join(failed, err)
	}
	l.runs += runs
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&c.integrity); err != nil {
		c.integrity = err.Error()
	}
	return c, failed
}

// pieces selects the keys from lowest to highest, in smaller and smaller ranges where
// that fails. It returns the first error.
func (c *content) pieces(ctx context.Context, db *sql.DB, k kind, query string, key func(int) any, lowest, highest int) error {
	err := c.collect(ctx, db, k, query, key(lowest), key(highest))
	if err == nil || lowest == highest || ctx.Err() != nil {
		return err
	}
	middle := (lowest + highest) / 2
	_ = c.pieces(ctx, db, k, query, key, lowest, middle) // err includes it
	_ = c.pieces(ctx, db, k, query, key, middle+1, highest)
	return err
}

func (c *content) collect(ctx context.Context, db *sql.DB, k kind, query string, bounds ...any) error {
	rows, err := db.QueryContext(ctx, query, bounds...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return err
		}
		c.rows[row{kind: k, key: key}.name()] = true
	}
	return rows.Err()
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
