package backup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vega/store/sqlite/dsn"
)

// Program is a version of vega.
type Program struct {
	Version string `json:"version"` // "" if it is not known
	Commit  string `json:"commit"`  // "" if it is not known
}

// String returns the version, and the beginning of the commit unless the version says
// enough.
func (p Program) String() string {
	if p.Commit == "" || strings.Contains(p.Version, p.Commit[:min(shownCommit, len(p.Commit))]) {
		return "vega " + p.Version
	}
	return fmt.Sprintf("vega %s (%s)", p.Version, p.Commit[:min(shownCommit, len(p.Commit))])
}

// shownCommit is how many digits of a commit are shown.
const shownCommit = 12

// File is a small file of the data directory.
type File struct {
	Name string
	Data []byte
}

// Options says what Write writes, and where.
type Options struct {
	Path    string // of the backup
	Replace bool   // an existing file may be replaced
	Taken   time.Time
	By      Program
	Files   []File
	Watch
}

// Watch follows a copy that takes a while. Its functions may be nil.
type Watch struct {
	// Step is called before each step, with words that say what is done.
	Step func(string)
	// Progress is called some times a second with the number of bytes that were
	// written, and about how many there will be. Its error ends the copy.
	Progress func(done, total int64) error
}

func (w Watch) step(text string) {
	if w.Step != nil {
		w.Step(text)
	}
}

// ErrExists means that the file of a new backup exists.
var ErrExists = errors.New("the file exists")

// Write writes the contents of a store, with those of its write-ahead log, as they are
// when the copy begins. Other connections may write meanwhile. They can't reset the
// log before the copy is complete.
//
// The backup gets its name when it is complete, was checked and is on the disk. Until
// then it is called PATH.part. What an interrupted Write left there is overwritten.
// Write returns ErrExists if there is a file and Replace is not set.
func Write(ctx context.Context, source *sql.DB, o Options) (Info, error) {
	if err := o.free(); err != nil {
		return Info{}, err
	}
	p, err := openPart(o.Path)
	if err != nil {
		return Info{}, err
	}
	info, err := o.fill(ctx, source, p)
	if err == nil {
		o.step("naming the backup")
		err = p.name(o.Path, o.Replace)
	}
	return info, errors.Join(err, p.close())
}

func (o *Options) free() error {
	if _, err := os.Lstat(o.Path); err == nil && !o.Replace {
		return fmt.Errorf("%s: %w", o.Path, ErrExists)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// fill writes everything to the part.
func (o *Options) fill(ctx context.Context, source *sql.DB, p *part) (Info, error) {
	o.step("copying the database")
	if err := vacuum(ctx, source, p.path, o.Watch); err != nil {
		return Info{}, err
	}
	o.step("checking the copy")
	marker := newMarker()
	info, err := o.describe(ctx, p.path, marker)
	if err != nil {
		return Info{}, err
	}
	o.step("writing the digest")
	if err := seal(ctx, p.path, marker); err != nil {
		return Info{}, err
	}
	if err := p.file.Sync(); err != nil {
		return Info{}, err
	}
	stat, err := os.Stat(p.path)
	if err != nil {
		return Info{}, err
	}
	info.Path, info.Bytes = o.Path, stat.Size()
	return info, nil
}

// vacuum copies a database to the empty file part.
func vacuum(ctx context.Context, source *sql.DB, part string, w Watch) error {
	var total int64
	err := source.QueryRowContext(ctx, `SELECT (page_count - freelist_count) * page_size
		FROM pragma_page_count, pragma_freelist_count, pragma_page_size`).Scan(&total)
	if err != nil {
		return err
	}
	return watched(ctx, func(ctx context.Context) error {
		_, err := source.ExecContext(ctx, "VACUUM INTO ?", dsn.Plain(part, url.Values{"nolock": {"1"}}))
		return err
	}, func() error {
		if w.Progress == nil {
			return nil
		}
		info, err := os.Stat(part)
		if err != nil {
			return nil //nolint:nilerr // the copy itself fails
		}
		return w.Progress(info.Size(), max(total, info.Size()))
	})
}

// watchInterval is how often the progress of a copy is reported.
const watchInterval = 100 * time.Millisecond

// watched calls do, and meanwhile look again and again. An error of look ends do.
func watched(ctx context.Context, do func(context.Context) error, look func() error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan error, 1)
	go func() { done <- do(ctx) }()
	ticks := time.NewTicker(watchInterval)
	defer ticks.Stop()
	for {
		select {
		case err := <-done:
			if err != nil && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return err
		case <-ticks.C:
			if err := look(); err != nil {
				cancel(err)
			}
		}
	}
}

// The tables that a backup has in addition to those of the store. Times are
// microseconds since 1970.
const (
	dropTables = `
DROP TABLE IF EXISTS backup;
DROP TABLE IF EXISTS backup_rows;
DROP TABLE IF EXISTS backup_files;`
	createTables = dropTables + `
CREATE TABLE backup (
  taken    INTEGER NOT NULL,
  version  TEXT NOT NULL, -- of the vega that took it
  revision TEXT NOT NULL, -- its commit
  schema   INTEGER NOT NULL,
  digest   BLOB NOT NULL  -- SHA-256 of the file with these 32 bytes as zeros
) STRICT;
CREATE TABLE backup_rows (name TEXT PRIMARY KEY, rows INTEGER NOT NULL) STRICT;
CREATE TABLE backup_files (name TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT;`
)

// describe adds the tables of a backup to the copy, and checks all of it.
func (o *Options) describe(ctx context.Context, part string, marker []byte) (info Info, err error) {
	db, err := dsn.Open(dsn.Private(part), 1)
	if err != nil {
		return info, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, createTables); err != nil {
		return info, err
	}
	info = Info{Taken: o.Taken.UTC().Truncate(time.Microsecond), By: o.By, Sealed: true}
	if info.Rows, err = countRows(ctx, db); err != nil {
		return info, err
	}
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&info.Schema); err != nil {
		return info, err
	}
	for name, n := range info.Rows {
		if _, err := db.ExecContext(ctx, "INSERT INTO backup_rows VALUES (?, ?)", name, n); err != nil {
			return info, err
		}
	}
	for _, f := range o.Files {
		info.Files = append(info.Files, f.Name)
		if _, err := db.ExecContext(ctx, "INSERT INTO backup_files VALUES (?, ?)", f.Name, f.Data); err != nil {
			return info, err
		}
	}
	_, err = db.ExecContext(ctx, "INSERT INTO backup VALUES (?, ?, ?, ?, ?)", info.Taken.UnixMicro(), o.By.Version, o.By.Commit, info.Schema, marker)
	if err != nil {
		return info, err
	}
	return info, quickCheck(ctx, db)
}

// countRows returns the number of rows of each table of the store.
func countRows(ctx context.Context, db *sql.DB) (map[string]int64, error) {
	names, err := tablesOf(ctx, db)
	if err != nil {
		return nil, err
	}
	counts := map[string]int64{}
	for _, name := range names {
		var n int64
		if err := db.QueryRowContext(ctx, `SELECT count(*) FROM "`+strings.ReplaceAll(name, `"`, `""`)+`"`).Scan(&n); err != nil {
			return nil, err
		}
		counts[name] = n
	}
	return counts, nil
}

func tablesOf(ctx context.Context, db *sql.DB) (names []string, err error) {
	rows, err := db.QueryContext(ctx, `SELECT name FROM sqlite_schema WHERE type = 'table'
		AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name NOT IN ('backup', 'backup_rows', 'backup_files')`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// quickCheck checks every page.
func quickCheck(ctx context.Context, db *sql.DB) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return &DamagedError{verdict}
	}
	return nil
}

// syncDir waits until the names in the directory of a file are on the disk.
func syncDir(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	_ = dir.Sync() // not every file system and system can
	return dir.Close()
}
