package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// backUp copies the file to where it is kept, if a migration that is missing
// would change rows that there are. The copy is whole or not there at all: it
// gets its name once it is on the disk.
//
// It takes as much room as the file. Where there is not as much, nothing is
// changed, and the error says so.
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
	if err := s.copyTo(ctx, path); err != nil {
		return fmt.Errorf("copy it to %s before its rows are changed: %w", path, err)
	}
	s.backup = path
	return nil
}

// copyTo replaces what an attempt that was cut short has left.
func (s *Store) copyTo(ctx context.Context, path string) error {
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := makePrivate(part); err != nil { // SQLite takes an empty file for a new one
		return err
	}
	if _, err := s.write.ExecContext(ctx, "VACUUM INTO ?", part); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	if err := syncFile(part); err != nil {
		return err
	}
	return os.Rename(part, path)
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Backup is where the file as it was before this start lies, "" if no copy was
// made: only a change of the rows that there are calls for one. It is the
// operator's to remove.
func (s *Store) Backup() string { return s.backup }
