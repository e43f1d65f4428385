package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"vega/store/sqlite/backup"
	"vega/store/sqlite/dsn"
)

// applicationID marks a file as vega's. It is "vega" in ASCII.
const applicationID = 0x76656761

// checkedWhole is the maximum size of a file in which every page is checked at
// startup, which takes a few milliseconds. In larger files, damage is found
// when the page is read.
const checkedWhole = 16 << 20

// inspect checks, without changing the file, that this vega, which has that schema, can
// use it.
func inspect(ctx context.Context, path string, schema []migration) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return &UnusableError{"the path is not a regular file; set store.path to one, or to an unused name"}
	}
	if info.Size() == 0 {
		return nil // new
	}
	if err := checkMagic(path); err != nil {
		return err
	}
	db, err := dsn.Open(dsn.Look(path), 1)
	if err != nil {
		return err
	}
	err = inspectDB(ctx, db, path, info.Size(), schema)
	return errors.Join(err, db.Close())
}

// Usable returns an error if this vega can't use the database at path. It changes nothing.
func Usable(ctx context.Context, path string) error { return inspect(ctx, path, migrations) }

// checkMagic is stricter than SQLite, which treats any file shorter than a page
// as a new database.
func checkMagic(path string) error {
	const magic = "SQLite format 3\x00"
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	begin := make([]byte, len(magic))
	_, err = io.ReadFull(f, begin)
	if err == nil && string(begin) != magic || errors.Is(err, io.ErrUnexpectedEOF) {
		err = &UnusableError{noDatabase}
	}
	return errors.Join(err, f.Close())
}

func inspectDB(ctx context.Context, db *sql.DB, path string, size int64, schema []migration) error {
	known := len(schema)
	var id, version, tables int
	err := db.QueryRowContext(ctx, `SELECT
		(SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version),
		(SELECT count(*) FROM sqlite_schema)`).Scan(&id, &version, &tables)
	if err != nil {
		return err
	}
	if id != applicationID && tables > 0 {
		return &UnusableError{"the file belongs to another program; set store.path to another file"}
	}
	if version > known {
		by, err := backup.WrittenBy(ctx, db)
		if err != nil { // a newer vega may have changed the table
			by = backup.Program{}
		}
		return &NewerError{Path: path, Schema: version, Known: known, By: by, Backup: olderBackup(path, known)}
	}
	if size <= checkedWhole {
		if err := quickCheck(ctx, db); err != nil {
			return err
		}
	}
	if version < known { // a migration that lacks something fails
		return nil
	}
	return complete(ctx, db, schema)
}

// complete returns an error if the database lacks a table or column of the schema.
func complete(ctx context.Context, db *sql.DB, schema []migration) error {
	want, err := expect(ctx, schema)
	if err != nil {
		return err
	}
	lacks, err := want.lacking(ctx, db)
	if err == nil && lacks != "" {
		err = &UnusableError{fmt.Sprintf("its tables were changed by another program: %s is missing or has another type; "+
			"restore a backup, or move the file and those with the same prefix away to start with an empty one", lacks)}
	}
	return err
}

// shape has the tables and columns of a schema, in the order of their names.
type shape []string

const readShape = `SELECT t.name || '.' || c.name, c.type || c.pk FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'`

// expect returns the shape of a new database.
func expect(ctx context.Context, schema []migration) (want shape, err error) {
	db, err := dsn.Open(":memory:", 1)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, m := range schema {
		if _, err := db.ExecContext(ctx, string(m)); err != nil {
			return nil, err
		}
	}
	columns, err := columnsOf(ctx, db)
	for name, kind := range columns {
		want = append(want, name+" "+kind)
	}
	slices.Sort(want)
	return want, err
}

// lacking returns the first column that a database lacks, such as runs.began, or "".
func (s shape) lacking(ctx context.Context, db *sql.DB) (string, error) {
	has, err := columnsOf(ctx, db)
	if err != nil {
		return "", err
	}
	for _, column := range s {
		name, kind, _ := strings.Cut(column, " ")
		if has[name] != kind {
			return name, nil
		}
	}
	return "", nil
}

// columnsOf returns the type of each column.
func columnsOf(ctx context.Context, db *sql.DB) (columns map[string]string, err error) {
	rows, err := db.QueryContext(ctx, readShape)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns = map[string]string{}
	for rows.Next() {
		var name, kind string
		if err := rows.Scan(&name, &kind); err != nil {
			return nil, err
		}
		columns[name] = kind
	}
	return columns, rows.Err()
}

// quickCheck checks every page.
func quickCheck(ctx context.Context, db *sql.DB) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return &UnusableError{fmt.Sprintf("%s (%s)", damaged, verdict)}
	}
	return nil
}
