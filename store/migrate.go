package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrations bring the tables from one version to the next, in the order of
// their names. They only ever go forward, and one that was released is never
// edited.
var migrations = readMigrations()

func readMigrations() []string {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	scripts := make([]string, 0, len(names))
	for _, name := range names {
		script, err := migrationFiles.ReadFile(name)
		if err != nil {
			panic(err) // it was built in
		}
		scripts = append(scripts, string(script))
	}
	return scripts
}

// migrate applies what is missing, all of it or nothing.
func migrate(ctx context.Context, db *sql.DB) (err error) {
	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("its file system can't hold a write-ahead log (journal mode %q): set data_dir to a local disk", mode)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	if err := apply(ctx, tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	// Statistics for the planner, where the tables grew since they were taken.
	_, err = db.ExecContext(ctx, "PRAGMA optimize=0x10002")
	return err
}

func apply(ctx context.Context, tx *sql.Tx) error {
	var version int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	for i := version; i < len(migrations); i++ {
		if _, err := tx.ExecContext(ctx, migrations[i]); err != nil {
			return fmt.Errorf("bring the tables to version %d: %w", i+1, err)
		}
	}
	mark := fmt.Sprintf("PRAGMA user_version=%d; PRAGMA application_id=%d", len(migrations), applicationID)
	if version == len(migrations) {
		return nil
	}
	_, err := tx.ExecContext(ctx, mark)
	return err
}
