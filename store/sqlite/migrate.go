package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"vega/store/sqlite/backup"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration is a script that upgrades the schema by one version.
type migration string

// migrations are sorted by name. There are no downgrades, and a released script
// is never edited.
var migrations = readMigrations()

// Schema returns the version of the schema that this vega writes.
func Schema() int { return len(migrations) }

func readMigrations() []migration {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	all := make([]migration, 0, len(names))
	for _, name := range names {
		script, err := migrationFiles.ReadFile(name)
		if err != nil {
			panic(err) // the file is embedded
		}
		all = append(all, migration(script))
	}
	return all
}

// migrate applies all pending migrations in one transaction.
func (s *Store) migrate(ctx context.Context, begins func(backup string)) (err error) {
	db := s.write
	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("the file system does not support a write-ahead log (journal mode %q); set data_dir to a local disk", mode)
	}
	if err := s.backUp(ctx, begins); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, rollBack(tx))
		}
	}()
	if err := applySchema(ctx, s, tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	// Update the planner's statistics of tables that have grown.
	_, err = db.ExecContext(ctx, "PRAGMA optimize=0x10002")
	return err
}

func applySchema(ctx context.Context, s *Store, tx *sql.Tx) error {
	version, err := versionOf(ctx, tx)
	s.created = err == nil && version == 0
	if err != nil {
		return err
	}
	for i := version; i < len(s.schema); i++ {
		if _, err := tx.ExecContext(ctx, string(s.schema[i])); err != nil {
			return fmt.Errorf("migrate to schema version %d: %w", i+1, err)
		}
	}
	if version < len(s.schema) {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version=%d; PRAGMA application_id=%d", len(s.schema), applicationID)); err != nil {
			return err
		}
	}
	return sign(ctx, tx, len(s.schema), s.by)
}

// sign records which vega writes the file from now on.
func sign(ctx context.Context, tx *sql.Tx, schema int, by backup.Program) error {
	if by.Version == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO written_by (schema, version, revision, began) VALUES (?, ?, ?, ?)",
		schema, by.Version, by.Commit, time.Now().UnixMicro())
	return err
}

func versionOf(ctx context.Context, db interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
},
) (version int, err error) {
	err = db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	return version, err
}
