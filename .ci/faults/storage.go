package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// fullFaults fill the disk, and make it fail.
func fullFaults() []fault {
	// A reader keeps the write-ahead log from starting again at its begin, where there
	// is room without more of the disk.
	full := func(name, what string, quiet, short bool) fault {
		return fault{
			name: name, what: what, short: short, quiet: quiet, harmless: !quiet, needs: []need{root}, place: small, storage: true, least: 12 * time.Second,
			begin: func(ctx context.Context, t *trial) error {
				return errors.Join(lock(ctx, t, "DEFERRED; SELECT count(*) FROM memories"), fill(t.data("filler")))
			},
			end: func(_ context.Context, t *trial) error {
				return errors.Join(t.state.(*sql.DB).Close(), os.Remove(t.data("filler")))
			},
		}
	}
	return []fault{
		full("full/tmpfs", "the disk is filled, and freed", false, true),
		lasting(130*time.Second, full("full/minutes", "the disk is filled for more than two minutes, and freed", false, false)),
		staying(full("full/ends", "the disk is filled until vega ends", false, true)),
		full("full/quiet", "the disk is filled, and freed, while nobody writes by HTTP", true, false),
		{
			name: "full/thin", what: "writes to the disk fail with an I/O error: what is below it is full, and freed",
			needs: []need{root, loop}, place: ext4, storage: true, short: true,
			least: 20 * time.Second, // the kernel writes to what is below up to 10 seconds later
			begin: func(_ context.Context, t *trial) error { return fill(filepath.Join(t.dir+".under", "filler")) },
			end: func(ctx context.Context, t *trial) error {
				return errors.Join(os.Remove(filepath.Join(t.dir+".under", "filler")), remount(ctx, t, "rw"))
			},
		},
		{
			name: "full/inodes", what: "no file can be made: no inodes are left",
			needs: []need{root}, place: small, storage: true, brief: true,
			begin: func(ctx context.Context, t *trial) error {
				var is unix.Statfs_t
				if err := unix.Statfs(t.data(""), &is); err != nil {
					return err
				}
				return remount(ctx, t, fmt.Sprintf("nr_inodes=%d", is.Files-is.Ffree))
			},
			end: func(ctx context.Context, t *trial) error { return remount(ctx, t, "nr_inodes=0") },
		},
	}
}

func lasting(d time.Duration, f fault) fault {
	f.least = d
	return f
}

// staying makes a fault last until vega ends.
func staying(f fault) fault {
	f.end, f.stays = nil, true
	return f
}

// fill fills the file system with a file, to the last byte.
func fill(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for size := 1 << 20; size > 0; size /= 16 {
		for block := make([]byte, size); err == nil; {
			_, err = f.Write(block)
		}
		if !errors.Is(err, unix.ENOSPC) {
			return fmt.Errorf("fill the disk: %w", err)
		}
		err = nil
	}
	return nil
}

func remount(ctx context.Context, t *trial, options string) error {
	return command(ctx, "mount", "-o", "remount,"+options, t.disk)
}

// lockFaults lock the database in another process's place.
func lockFaults() []fault {
	locked := func(how string, short bool) fault {
		return fault{
			name: "locked/" + how, what: "another connection holds BEGIN " + how, short: short, storage: true, least: 12 * time.Second,
			begin: func(ctx context.Context, t *trial) error { return lock(ctx, t, how) },
			end: func(_ context.Context, t *trial) error {
				return t.state.(*sql.DB).Close()
			},
		}
	}
	return []fault{locked("immediate", true), locked("exclusive", false)}
}

// lock begins a transaction and keeps it.
func lock(ctx context.Context, t *trial, how string) error {
	db, err := sql.Open("sqlite", t.data("vega.db"))
	if err != nil {
		return err
	}
	t.state = db
	t.atEnd(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	if _, err = db.ExecContext(ctx, "PRAGMA busy_timeout = 5000"); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "BEGIN "+how)
	return err
}

// damageFaults change the bytes of the database while it is open.
func damageFaults() []fault {
	damage := func(name, what string, short bool, do func(t *trial) error) fault {
		return fault{
			name: name, what: what, short: short, storage: true, destroys: true, harmless: true,
			begin: func(_ context.Context, t *trial) error { return do(t) },
		}
	}
	return []fault{
		damage("damaged/pages", "every page of vega.db but the first is overwritten with random bytes", true, func(t *trial) error {
			return scribble(t.data("vega.db"), 4096, 1<<40)
		}),
		damage("damaged/header", "the first page of vega.db is overwritten with random bytes", false, func(t *trial) error {
			return scribble(t.data("vega.db"), 0, 4096)
		}),
		damage("damaged/wal", "vega.db-wal is overwritten with random bytes behind its header", true, func(t *trial) error {
			return scribble(t.data("vega.db-wal"), 32, 1<<40)
		}),
		damage("damaged/shm", "vega.db-shm is overwritten with random bytes", false, func(t *trial) error {
			return scribble(t.data("vega.db-shm"), 0, 1<<40)
		}),
		damage("truncated/db", "vega.db is truncated to nothing", true, func(t *trial) error { return cut(t.data("vega.db"), 0) }),
		damage("truncated/db-half", "vega.db is truncated to half of its size", false, func(t *trial) error { return cut(t.data("vega.db"), 2) }),
		damage("truncated/wal", "vega.db-wal is truncated to nothing", false, func(t *trial) error { return cut(t.data("vega.db-wal"), 0) }),
		damage("truncated/wal-half", "vega.db-wal is truncated to half of its size", false, func(t *trial) error { return cut(t.data("vega.db-wal"), 2) }),
	}
}

// nameFaults change what the names of the files stand for.
func nameFaults() []fault {
	gone := func(name, what string, short bool, files ...string) fault {
		return fault{
			name: name, what: what, short: short, storage: true, destroys: true,
			begin: func(_ context.Context, t *trial) (err error) {
				for _, file := range files {
					err = errors.Join(err, os.Remove(t.data(file)))
				}
				return err
			},
		}
	}
	return append([]fault{
		gone("unlinked/db", "rm vega.db", true, "vega.db"),
		gone("unlinked/wal", "rm vega.db-wal", true, "vega.db-wal"),
		gone("unlinked/shm", "rm vega.db-shm", false, "vega.db-shm"),
		gone("unlinked/all", "rm vega.db vega.db-wal vega.db-shm", false, "vega.db", "vega.db-wal", "vega.db-shm"),
		{
			name: "unlinked/dir", what: "rm -r of the data directory", short: true, storage: true, destroys: true,
			begin: func(_ context.Context, t *trial) error { return os.RemoveAll(t.data("")) },
		},
	}, replaceFaults()...)
}

func replaceFaults() []fault {
	return []fault{
		{
			name: "replaced/moved", what: "a backup is moved over vega.db", short: true, storage: true, destroys: true,
			begin: func(ctx context.Context, t *trial) error {
				if err := backUp(ctx, t.data("vega.db"), t.data("other")); err != nil {
					return err
				}
				return os.Rename(t.data("other"), t.data("vega.db"))
			},
		},
		{
			name: "replaced/garbage", what: "random bytes are copied over vega.db", storage: true, destroys: true,
			begin: func(_ context.Context, t *trial) error {
				if err := cut(t.data("vega.db"), 0); err != nil {
					return err
				}
				return scribbleTo(t.data("vega.db"), 0, 1<<20)
			},
		},
		{
			name: "away/file", what: "vega.db is moved away, and back", storage: true,
			begin: func(_ context.Context, t *trial) error { return os.Rename(t.data("vega.db"), t.data("away")) },
			end:   func(_ context.Context, t *trial) error { return putBack(t.data("away"), t.data("vega.db")) },
		},
		{
			name: "away/files", what: "vega.db, -wal and -shm are moved away, and back", storage: true,
			begin: func(_ context.Context, t *trial) error { return moveAll(t.data(""), t.dir, os.Rename) },
			end:   func(_ context.Context, t *trial) error { return moveAll(t.dir, t.data(""), putBack) },
		},
		{
			name: "away/dir", what: "the data directory is renamed, and back", short: true, storage: true,
			begin: func(_ context.Context, t *trial) error { return os.Rename(t.data(""), filepath.Join(t.dir, "away")) },
			end: func(_ context.Context, t *trial) error {
				return putBackDir(filepath.Join(t.dir, "away"), t.data(""))
			},
		},
	}
}

// putBack moves a file back to its name. If vega has made a new one there in the
// meantime, that gets another name, with its side files.
func putBack(from, to string) error {
	if _, err := os.Stat(to); err == nil {
		for _, side := range []string{"", "-wal", "-shm"} {
			if err := os.Rename(to+side, to+".meantime"+side); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
	}
	return os.Rename(from, to)
}

// putBackDir moves a directory back to its name, and what vega has made there in the
// meantime to its files.
func putBackDir(from, to string) error {
	files, _ := filepath.Glob(filepath.Join(to, "vega.db*")) // none if vega made no directory
	for _, file := range files {
		name := filepath.Base(file)
		if err := os.Rename(file, filepath.Join(from, "vega.db.meantime"+name[len("vega.db"):])); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	return os.Rename(from, to)
}

func moveAll(from, to string, move func(from, to string) error) (err error) {
	for _, name := range []string{"vega.db", "vega.db-wal", "vega.db-shm"} {
		err = errors.Join(err, move(filepath.Join(from, name), filepath.Join(to, name)))
	}
	return err
}

// mountFaults change what is mounted.
func mountFaults() []fault {
	return []fault{
		{
			name: "mount/over", what: "an empty file system is mounted over the data directory, and taken away",
			needs: []need{root}, storage: true,
			begin: func(ctx context.Context, t *trial) error {
				return t.mountAt(ctx, t.data(""), "-t", "tmpfs", "-o", "size=16m", "kit")
			},
			end: func(ctx context.Context, t *trial) error { return command(ctx, "umount", "-l", t.data("")) },
		},
		{
			name: "immutable", what: "chattr +i vega.db vega.db-wal, and -i", needs: []need{root, loop}, place: ext4, storage: true,
			begin: func(ctx context.Context, t *trial) error {
				return command(ctx, "chattr", "+i", t.data("vega.db"), t.data("vega.db-wal"))
			},
			end: func(ctx context.Context, t *trial) error {
				return command(ctx, "chattr", "-i", t.data("vega.db"), t.data("vega.db-wal"))
			},
		},
		{
			name: "mount/read-only", what: "the file system turns read-only after an error, until vega ends", short: true,
			needs: []need{root, loop}, place: ext4, storage: true, stays: true,
			begin: breakFileSystem,
		},
	}
}

// breakFileSystem reports an error of the file system to the kernel, which then makes
// it read-only although files are open.
func breakFileSystem(_ context.Context, t *trial) error {
	var at unix.Stat_t
	if err := unix.Stat(t.data(""), &at); err != nil {
		return err
	}
	device, err := os.Readlink(fmt.Sprintf("/sys/dev/block/%d:%d", unix.Major(at.Dev), unix.Minor(at.Dev)))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join("/sys/fs/ext4", filepath.Base(device), "trigger_fs_error"), []byte("kit"), 0)
}

// backUp makes a copy of the store, as an operator would for a backup.
func backUp(ctx context.Context, from, to string) error {
	db, err := sql.Open("sqlite", from)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", to)
	return errors.Join(err, db.Close())
}
