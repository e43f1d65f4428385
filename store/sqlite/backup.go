package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"vega/store/sqlite/salvage"
)

// backUp copies the file before a pending migration that rewrites rows. A
// partial copy never has the final name: the copy is renamed once it is on the
// disk.
//
// The copy takes as much space as the file. If there is not enough, backUp
// returns an error and nothing is changed.
func (s *Store) backUp(ctx context.Context) error {
	version, err := versionOf(ctx, s.write)
	if err != nil {
		return err
	}
	rewrites := func(m migration) bool { return m.rewrites }
	if version == 0 || !slices.ContainsFunc(s.schema[version:], rewrites) {
		return nil
	}
	path := fmt.Sprintf("%s.schema-%d.backup", s.path, version)
	if err := copyTo(ctx, s.write, path); err != nil {
		return fmt.Errorf("the backup to %s, which this upgrade of the schema requires, failed: %w", path, err)
	}
	s.backup = path
	return nil
}

// copyTo overwrites what an interrupted attempt left behind.
func copyTo(ctx context.Context, db *sql.DB, path string) error {
	part := path + ".part"
	if err := writePart(ctx, db, part); err != nil {
		return err
	}
	return os.Rename(part, path)
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
// Only a migration that rewrites rows makes one. The operator may delete it.
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
	r, err := adding(into, func(db *sql.DB) (salvage.Report, error) { return salvage.Merge(ctx, from.read, db, o) })
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
	r, err := adding(into, func(db *sql.DB) (salvage.Report, error) { return salvage.File(ctx, source, db) })
	if text := reason(err); err != nil && text != "" { // SQLite does not read the source
		return r, fmt.Errorf("write %s: %s: %w", into.path, text, err)
	}
	return r, err
}

// adding calls f with a connection whose statements are not profiled: they are not those
// of a vega.
func adding(s *Store, f func(*sql.DB) (salvage.Report, error)) (salvage.Report, error) {
	db, err := pool(writerDSN(s.path), 1)
	if err != nil {
		return salvage.Report{}, err
	}
	report, err := f(db)
	return report, errors.Join(err, db.Close())
}
