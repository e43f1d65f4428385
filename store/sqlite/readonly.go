package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// OpenReadOnly looks at the database at path, beside a daemon that may hold
// it: it takes no lock and changes nothing. Writes are checked like any other
// and then dropped. Where there is no file, the store is empty.
//
// It is for a command that ends soon. Without a daemon it reads the file as
// it was when it was opened; a daemon that starts meanwhile can make a read
// fail.
func OpenReadOnly(ctx context.Context, path string, options ...Option) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && info.Mode().IsRegular() && info.Size() == 0) {
		return openEmpty(ctx, options)
	}
	if err != nil {
		return nil, fmt.Errorf("open the store %s: %w", path, err)
	}
	set := apply(options)
	s := &Store{path: path, schema: set.schema, discards: true, profiler: newProfiler(set), account: set.account, room: set.room}
	if err := s.look(ctx); err != nil {
		return nil, errors.Join(explain(path, err), s.Close())
	}
	return s, nil
}

func (s *Store) look(ctx context.Context) error {
	if err := inspect(ctx, s.path, len(s.schema)); err != nil {
		return err
	}
	dsn := lookDSN(s.path)
	var err error
	if s.read, err = profiled(s.profiler, "readers", dsn, readers, s.room); err != nil {
		return err
	}
	s.guests, err = openReader(s.path, dsn, s.profiler, s.account, s.room)
	return err
}

// openEmpty is a store of its own in a directory that goes when it is closed.
func openEmpty(ctx context.Context, options []Option) (*Store, error) {
	dir, err := os.MkdirTemp("", "vega-")
	if err != nil {
		return nil, fmt.Errorf("make an empty store: %w", err)
	}
	s, err := Open(ctx, filepath.Join(dir, "vega.db"), options...)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s.discards, s.temporary = true, dir
	return s, nil
}
