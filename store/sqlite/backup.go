package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"vega/store/sqlite/backup"
	"vega/store/sqlite/dsn"
	"vega/store/sqlite/salvage"
)

// backUp takes a backup of the file before pending migrations. It replaces the one that an
// earlier upgrade of the same schema left: the file has what that has, and more.
//
// The copy takes as much space as the file. If there is not enough, backUp
// returns an error and nothing is changed.
func (s *Store) backUp(ctx context.Context, begins func(backup string)) error {
	version, err := versionOf(ctx, s.write)
	if err != nil {
		return err
	}
	if version == 0 || version == len(s.schema) {
		return nil
	}
	path := backupPath(s.path, version)
	begins(path)
	if _, err := backup.Write(ctx, s.write, backup.Options{Path: path, Replace: true, Taken: time.Now(), By: s.by}); err != nil {
		return fmt.Errorf("the backup to %s, which this upgrade of the schema requires, failed: %w", path, err)
	}
	s.backup = path
	return nil
}

// backupPath returns the path of the backup of a file before it is migrated from a schema.
func backupPath(path string, schema int) string {
	return fmt.Sprintf("%s.schema-%d.backup", path, schema)
}

// olderBackup returns the path of the last backup before a migration that a vega that
// knows a schema can read, or "".
func olderBackup(path string, known int) string {
	for n := known; n > 0; n-- {
		if schema, err := backup.Schema(backupPath(path, n)); err == nil && schema <= known {
			return backupPath(path, n)
		}
	}
	return ""
}

// TakeBackup writes a backup of the database at path, next to a daemon that may have it
// open or without one. It changes nothing in the database.
func TakeBackup(ctx context.Context, path string, o backup.Options) (backup.Info, error) {
	db, err := openSource(ctx, path)
	if err != nil {
		return backup.Info{}, err
	}
	info, err := backup.Write(ctx, db, o)
	return info, errors.Join(err, db.Close())
}

// openSource opens a database that another process may write. SQLite takes the locks that
// keep what it reads consistent in files next to the database, which it creates if
// necessary. Where they can't be created, no vega can be running.
func openSource(ctx context.Context, path string) (*sql.DB, error) {
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, &UnusableError{"it is not a regular file"}
	} else if info.Size() == 0 {
		return nil, &UnusableError{"it is empty"}
	}
	if err := checkMagic(path); err != nil {
		return nil, err
	}
	db, err := dsn.Open(dsn.Guest(path), 1)
	if err != nil {
		return nil, err
	}
	var tables int
	err = db.QueryRowContext(ctx, anyRead).Scan(&tables)
	if code(err) != sqlite3.SQLITE_CANTOPEN && code(err) != sqlite3.SQLITE_READONLY {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
		return db, err
	}
	for _, side := range []string{"-wal", "-journal"} { // without it, the file is not consistent
		if _, missing := os.Stat(path + side); missing == nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return dsn.Open(dsn.Unshared(path), 1)
}

// writePart writes the contents of the store to a file, which it overwrites.
func writePart(ctx context.Context, db *sql.DB, part string) error {
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := makePrivate(part); err != nil { // SQLite treats an empty file as a new database
		return err
	}
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", part); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return syncFile(part)
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Backup returns the path of the copy that this start made of the file, or "".
// Each migration of an existing file makes one. The operator may delete it, and with it the
// way back to the version before.
func (s *Store) Backup() string { return s.backup }

// Merge adds the rows of one store to another, in short transactions between
// other writes; see salvage.Merge. Runs that are still queued in from are stored
// there first.
func Merge(ctx context.Context, from, into *Store, o salvage.Options) (salvage.Report, error) {
	if into.discards {
		return salvage.Report{}, nil
	}
	if err := from.FlushRuns(ctx); err != nil {
		return salvage.Report{}, fmt.Errorf("add the rows of %s: %w", from.path, err)
	}
	r, err := adding(ctx, into, func(db *sql.DB) (salvage.Report, error) { return salvage.Merge(ctx, from.read, db, o) })
	if err != nil {
		return r, fmt.Errorf("add the rows of %s to %s: %w", from.path, into.path, err)
	}
	return r, nil
}

// Recover adds what can be read of the damaged file source, with its write-ahead
// log, to a store; see salvage.File.
func Recover(ctx context.Context, source string, into *Store) (salvage.Report, error) {
	if into.discards {
		return salvage.Report{}, nil
	}
	r, err := adding(ctx, into, func(db *sql.DB) (salvage.Report, error) { return salvage.File(ctx, source, db) })
	if text := reason(err); err != nil && text != "" { // SQLite does not read the source
		return r, fmt.Errorf("write %s: %s: %w", into.path, text, err)
	}
	return r, err
}

// adding calls f with a connection whose statements are not profiled: they are not those
// of a vega.
func adding(ctx context.Context, s *Store, f func(*sql.DB) (salvage.Report, error)) (salvage.Report, error) {
	db, err := dsn.Open(dsn.Writer(s.path), 1)
	if err != nil {
		return salvage.Report{}, err
	}
	report, err := f(db)
	if err = errors.Join(err, db.Close()); err != nil {
		return report, err
	}
	if err = s.rollups.Recheck(ctx); err != nil && s.writer.kept {
		return report, ctx.Err() // the file is just being put right; the store repeats the check
	}
	return report, err
}
