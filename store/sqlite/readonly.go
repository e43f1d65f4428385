package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"vega/store/sqlite/alerts"
	"vega/store/sqlite/dsn"
	"vega/store/sqlite/rollups"
)

// OpenReadOnly opens the database at path for reading, next to a daemon that
// may hold it: it takes no lock and changes nothing. Writes are validated and
// then dropped. If there is no file, the store is empty.
//
// It is meant for commands that end soon. If no daemon is running, it reads the
// file as it was when it was opened, and reads can fail if a daemon starts
// meanwhile.
func OpenReadOnly(ctx context.Context, path string, options ...Option) (*Store, error) {
	path, err := Resolve(path)
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && info.Mode().IsRegular() && info.Size() == 0) {
		return openEmpty(ctx, filepath.Dir(path), options)
	}
	if err != nil {
		return nil, fmt.Errorf("open the store %s: %w", path, err)
	}
	set := apply(options)
	s := &Store{path: path, schema: set.schema, discards: true, profiler: set.profiler(), account: set.account, health: set.health, room: set.room}
	if err := s.look(ctx); err != nil {
		return nil, errors.Join(explain(path, err), s.Close())
	}
	return s, nil
}

func (s *Store) look(ctx context.Context) error {
	if err := inspect(ctx, s.path, s.schema); err != nil {
		return err
	}
	database := dsn.Look(s.path)
	var err error
	if s.read, err = profiled(s.profiler, "readers", database, readers, s.room); err != nil {
		return err
	}
	version, err := versionOf(ctx, s.read)
	if err != nil {
		return err
	}
	s.tables = alerts.New(s.read, nil, version < alerts.Schema)
	s.Rollups = rollups.New(s.read, nil, rollups.Policy{}, version < rollups.Schema)
	s.guests, err = openReader(s.path, database, s.profiler, s.account, s.room)
	return err
}

// openEmpty opens a store in a temporary directory that Close removes. Without a
// TMPDIR that can be written to and has room, that is in data, or else in the memory
// that Linux offers as a directory.
func openEmpty(ctx context.Context, data string, options []Option) (*Store, error) {
	var errs []error
	for _, parent := range []string{os.TempDir(), data, "/dev/shm"} {
		s, err := openIn(ctx, parent, options)
		if err == nil {
			return s, nil
		}
		errs = append(errs, err)
	}
	return nil, fmt.Errorf("create an empty store: %w; set TMPDIR to a directory that vega's user can write to", errors.Join(errs...))
}

func openIn(ctx context.Context, parent string, options []Option) (*Store, error) {
	dir, err := os.MkdirTemp(parent, "vega-")
	if err != nil {
		return nil, err
	}
	s, err := Open(ctx, filepath.Join(dir, "vega.db"), options...)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s.discards, s.temporary = true, dir
	s.tables = alerts.New(s.read, nil, false)
	s.Rollups = rollups.New(s.read, nil, rollups.Policy{}, false)
	return s, nil
}
