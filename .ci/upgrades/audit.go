package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver
)

// tables are those of the old version, with the rows of the filled database: what vega
// adds has other names, or higher numbers.
var tables = []struct{ name, where, order string }{
	{"conversations", "source = 'fill'", "id"},
	{"memories", "key LIKE 'fill-%'", "key"},
	{"kv", "integration LIKE 'service-%'", "integration, key"},
	{"runs", "id <= %d", "id"},
	{"incidents", "id <= %d", "id"},
	{"incident_events", "incident <= %d", "id"},
	{"incident_alerts", "incident <= %d", "alert, opened, incident"},
}

// baseline is the content of a filled database.
type baseline struct {
	queries []string
	sums    []string
	rows    int64
	runs    int64
}

// readBaseline reads a database that no process has open.
func readBaseline(ctx context.Context, file string) (b baseline, err error) {
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	highest := map[string]int64{}
	for _, name := range []string{"runs", "incidents"} {
		var n int64
		if err := db.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM "+name).Scan(&n); err != nil {
			return b, err
		}
		highest[name] = n
	}
	highest["incident_events"], highest["incident_alerts"] = highest["incidents"], highest["incidents"]
	b.runs = highest["runs"]
	for _, t := range tables {
		columns, err := columnsOf(ctx, db, t.name)
		if err != nil {
			return b, err
		}
		where := t.where
		if strings.Contains(where, "<=") {
			where = fmt.Sprintf(where, highest[t.name])
		}
		query := fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s", columns, t.name, where, t.order)
		n, sum, err := sumOf(ctx, db, query)
		if err != nil {
			return b, err
		}
		b.queries, b.sums, b.rows = append(b.queries, query), append(b.sums, sum), b.rows+n
	}
	return b, nil
}

func columnsOf(ctx context.Context, db *sql.DB, table string) (columns string, err error) {
	err = db.QueryRowContext(ctx, "SELECT group_concat(name, ', ') FROM pragma_table_info(?)", table).Scan(&columns)
	return columns, err
}

// sumOf returns the number of rows of a query, and a digest of their values.
func sumOf(ctx context.Context, db *sql.DB, query string) (n int64, sum string, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return 0, "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return 0, "", err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	digest := sha256.New()
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return 0, "", err
		}
		addRow(digest, values)
		n++
	}
	return n, fmt.Sprintf("%x", digest.Sum(nil)), rows.Err()
}

func addRow(digest hash.Hash, values []any) {
	for _, v := range values {
		switch v := v.(type) {
		case string:
			fmt.Fprintf(digest, "%d:%s,", len(v), v)
		case []byte:
			fmt.Fprintf(digest, "%d:%x,", len(v), v)
		default:
			fmt.Fprintf(digest, "%v,", v)
		}
	}
}

// found is what a database has.
type found struct {
	schema int
	runs   int64
	wrong  []string // what is missing or damaged
	lost   int      // conversations
	lacks  int64    // runs
}

// audit reads a database and compares it with what it must have. deep compares each row
// of the filled database, not only their numbers.
func (w *world) audit(ctx context.Context, file string, must acknowledged, deep bool) (f found, err error) {
	err = w.reading(ctx, file, func(db *sql.DB) error {
		if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&f.schema); err != nil {
			f.wrong = append(f.wrong, err.Error())
			return nil
		}
		for _, look := range []func(context.Context, *sql.DB) error{f.integrity, f.conversations(must), f.sequence(w.want, must)} {
			if err := look(ctx, db); err != nil {
				f.wrong = append(f.wrong, err.Error())
			}
		}
		if deep {
			f.compare(ctx, db, w.want)
		}
		return ctx.Err() // what was found after the end of ctx says nothing
	})
	return f, err
}

// reading calls do with a copy of a database and its log, which it removes afterwards. No
// process may have the database open.
func (w *world) reading(ctx context.Context, file string, do func(*sql.DB) error) (err error) {
	copied := filepath.Join(w.dir, "audit.db")
	sides := []string{"", "-wal", "-journal", "-shm"}
	remove := func() {
		for _, side := range sides {
			_ = os.Remove(copied + side) // most have no side files
		}
	}
	remove()
	defer remove()
	for _, side := range sides[:3] {
		if _, err := os.Stat(file + side); side != "" && errors.Is(err, os.ErrNotExist) {
			continue
		}
		if text, err := output(ctx, "cp", "--reflink=auto", file+side, copied+side); err != nil {
			return fmt.Errorf("cp: %w: %s", err, text)
		}
	}
	db, err := sql.Open("sqlite", copied)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	return do(db)
}

// missingRuns returns how many runs are in one database and not in another one.
func (w *world) missingRuns(ctx context.Context, from, in string) (n int64, err error) {
	err = w.reading(ctx, from, func(db *sql.DB) error {
		if _, err := db.ExecContext(ctx, "ATTACH ? AS later", in); err != nil {
			return err
		}
		return db.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT correlation_id, began FROM runs EXCEPT SELECT correlation_id, began FROM later.runs)").Scan(&n)
	})
	return n, err
}

// sessions returns the conversations of clients in a file that no process has open.
func (w *world) sessions(ctx context.Context, file string) (have map[string]bool, err error) {
	err = w.reading(ctx, file, func(db *sql.DB) error {
		have, err = sessionsIn(ctx, db)
		return err
	})
	return have, err
}

func sessionsIn(ctx context.Context, db *sql.DB) (map[string]bool, error) {
	rows, err := db.QueryContext(ctx, "SELECT session_id FROM conversations WHERE source = 'load'")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	have := map[string]bool{}
	for rows.Next() {
		var session string
		if err := rows.Scan(&session); err != nil {
			return nil, err
		}
		have[session] = true
	}
	return have, rows.Err()
}

func (f *found) integrity(ctx context.Context, db *sql.DB) error {
	var text string
	err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&text)
	if err == nil && text != "ok" {
		err = errors.New(text)
	}
	return err
}

// conversations looks for each acknowledged conversation.
func (f *found) conversations(must acknowledged) func(context.Context, *sql.DB) error {
	return func(ctx context.Context, db *sql.DB) error {
		have, err := sessionsIn(ctx, db)
		if err != nil {
			return err
		}
		if missing := must.without(have); len(missing) > 0 {
			f.lost = len(missing)
			f.wrong = append(f.wrong, fmt.Sprintf("%d of %d acknowledged conversations are missing, such as %s", len(missing), len(must.sessions), missing[0]))
		}
		return nil
	}
}

// sequence looks for gaps in the numbers of runs, and for the last run that was shown.
func (f *found) sequence(want baseline, must acknowledged) func(context.Context, *sql.DB) error {
	return func(ctx context.Context, db *sql.DB) error {
		var first, last int64
		if err := db.QueryRowContext(ctx, "SELECT coalesce(min(id), 0), coalesce(max(id), 0), count(*) FROM runs").Scan(&first, &last, &f.runs); err != nil {
			return err
		}
		if must.run == anyRun {
			return nil
		}
		last = max(last, want.runs, must.run)
		if f.lacks = last - f.runs; f.lacks > 0 {
			f.wrong = append(f.wrong, fmt.Sprintf("%d of the runs 1 to %d are missing (the first is %d)", f.lacks, last, first))
		}
		return nil
	}
}

// compare compares each row of the filled database.
func (f *found) compare(ctx context.Context, db *sql.DB, want baseline) {
	for i, query := range want.queries {
		switch _, sum, err := sumOf(ctx, db, query); {
		case err != nil:
			f.wrong = append(f.wrong, err.Error())
		case sum != want.sums[i]:
			f.wrong = append(f.wrong, tables[i].name+" differs from what it was")
		}
	}
}
