package restore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vega/store/sqlite"
	"vega/store/sqlite/backup"
	"vega/store/sqlite/dsn"
	"vega/store/sqlite/filelock"
)

// Options says what Run restores, and where.
type Options struct {
	From    string   // a backup, or a database of vega
	Store   string   // path of the store's file; see sqlite.Resolve
	DataDir string   // of vega
	Files   []string // names of the files in DataDir that may be restored
	// Stay has those of Files that are only restored if there isn't one.
	Stay []string
	Now  time.Time // of the names of what is kept
	backup.Watch
}

// Result says what Run did.
type Result struct {
	backup.Info
	Store string `json:"store"`
	Kept  string `json:"kept"` // where the former file of the store is now; "" if there was none
	// Restored has the names of the restored files of the data directory, and Present
	// those that stayed as they were.
	Restored []string `json:"restored"`
	Present  []string `json:"present"`
}

// suffix is that of a file that is complete, but does not have its name yet. What an
// interrupted restore left there is overwritten.
const suffix = ".restoring"

// Run replaces the store by a backup. It fails, and changes nothing, if the backup is
// damaged, foreign or newer than this vega, or a vega holds the store. It keeps the
// former file with the suffix .replaced-TIME, and its write-ahead log with it.
//
// The new file is complete and on the disk before it gets its name, which is one step.
// The files of the data directory follow. Whatever interrupts Run, calling it again does
// the rest.
func Run(ctx context.Context, o Options) (r Result, err error) {
	if err := o.separate(); err != nil {
		return r, err
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(o.Store), 0o700), os.MkdirAll(o.DataDir, 0o700)); err != nil {
		return r, err
	}
	lock, err := filelock.Acquire(o.Store + ".lock")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	if r.Info, err = backup.Check(ctx, o.From, o.Watch); err != nil {
		return r, fmt.Errorf("read %s: %w", o.From, err)
	}
	if r.Schema > sqlite.Schema() {
		return r, &sqlite.NewerError{Path: o.From, Schema: r.Schema, Known: sqlite.Schema(), By: r.By}
	}
	files, err := o.prepare(ctx)
	if err == nil {
		r.Store = o.Store
		err = o.replace(ctx, files, &r)
	}
	return r, err
}

// separate returns an error if the backup is the store's own file.
func (o *Options) separate() error {
	from, err := os.Stat(o.From)
	if err != nil {
		return err
	}
	if at, err := os.Stat(o.Store); err == nil && os.SameFile(from, at) {
		return fmt.Errorf("%s is the file of the store itself: %w", o.From, fs.ErrInvalid)
	}
	return nil
}

// prepare writes the new files next to those that they replace.
func (o *Options) prepare(ctx context.Context) (files []backup.File, err error) {
	next := o.Store + suffix
	defer func() {
		if err != nil {
			o.discard(files)
		}
	}()
	if err := o.create(next, nil); err != nil {
		return nil, err
	}
	if files, err = backup.Extract(ctx, o.From, next, o.Watch); err != nil {
		return nil, err
	}
	if err := sqlite.Usable(ctx, next); err != nil {
		return nil, fmt.Errorf("use %s as the store: %w", o.From, err)
	}
	for _, f := range files {
		if !o.wants(f.Name) {
			continue
		}
		if err := o.create(filepath.Join(o.DataDir, f.Name+suffix), f.Data); err != nil {
			return nil, err
		}
	}
	return files, ctx.Err()
}

// discard removes the new files.
func (o *Options) discard(files []backup.File) {
	_ = os.Remove(o.Store + suffix) // the next restore overwrites what is left
	_ = os.Remove(o.Store + suffix + "-journal")
	for _, f := range files {
		if o.wants(f.Name) {
			_ = os.Remove(filepath.Join(o.DataDir, f.Name+suffix))
		}
	}
}

// wants reports whether a file is restored. The names in a backup are not trusted.
func (o *Options) wants(name string) bool {
	return slices.Contains(o.Files, name) && !o.stays(name)
}

// stays reports whether a file is left as it is.
func (o *Options) stays(name string) bool {
	if !slices.Contains(o.Stay, name) {
		return false
	}
	_, err := os.Lstat(filepath.Join(o.DataDir, name))
	return err == nil
}

// create writes a file that belongs to the owner of its directory.
func (o *Options) create(path string, data []byte) error {
	if err := errors.Join(remove(path), remove(path+"-journal")); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, giveTo(f, filepath.Dir(path)), f.Sync(), f.Close())
}

// replace gives the new files their names.
func (o *Options) replace(ctx context.Context, files []backup.File, r *Result) (err error) {
	o.step("keeping the former file")
	if r.Kept, err = o.keep(ctx); err != nil {
		o.discard(files)
		return err
	}
	o.step("replacing the store")
	if err := os.Rename(o.Store+suffix, o.Store); err != nil {
		return err
	}
	syncDir(o.Store)
	o.step("restoring files")
	r.Restored, r.Present = []string{}, []string{}
	for _, f := range files {
		path := filepath.Join(o.DataDir, f.Name)
		switch {
		case o.wants(f.Name):
			if err := os.Rename(path+suffix, path); err != nil {
				return fmt.Errorf("the database is restored, but not %s: %w", f.Name, err)
			}
			r.Restored = append(r.Restored, f.Name)
		case o.stays(f.Name):
			r.Present = append(r.Present, f.Name)
		}
		o.step("restored " + f.Name)
	}
	syncDir(filepath.Join(o.DataDir, "."))
	return nil
}

func (o *Options) step(text string) {
	if o.Step != nil {
		o.Step(text)
	}
}

// keep gives the former file a second name. Its write-ahead log is moved into it, and a
// transaction that a journal holds is undone, so that SQLite can't apply either to the new
// file. keep returns "" if there is no former file.
func (o *Options) keep(ctx context.Context) (kept string, err error) {
	if _, err := os.Lstat(o.Store); errors.Is(err, fs.ErrNotExist) {
		return o.keepLog()
	}
	if kept = o.secondName(); kept == "" {
		kept = o.unused()
	}
	if err := checkpoint(ctx, o.Store); err != nil {
		if !sqlite.IsUnusable(err) {
			return "", fmt.Errorf("finish the former file: %w", err)
		}
		if err := keepDamaged(o.Store, kept); err != nil {
			return "", err
		}
		return kept, nil
	}
	o.step("linking the former file")
	if err := link(o.Store, kept); err != nil {
		return "", err
	}
	return kept, errors.Join(remove(o.Store+"-wal"), remove(o.Store+"-shm"), remove(o.Store+"-journal"))
}

// link gives a file a second name, unless it has that already. Where the file system has
// no hard links, it renames the file.
func link(path, name string) error {
	err := os.Link(path, name)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = os.Rename(path, name)
	}
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	syncDir(name)
	return err
}

// keepDamaged keeps a file that SQLite can't use, and its log.
func keepDamaged(path, kept string) error {
	if err := link(path, kept); err != nil {
		return err
	}
	for _, side := range []string{"-wal", "-shm", "-journal"} {
		if err := os.Rename(path+side, kept+side); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// keepLog sets a write-ahead log or a journal aside that has no file.
func (o *Options) keepLog() (kept string, err error) {
	base := o.unused()
	for _, side := range []string{"-wal", "-journal"} {
		switch err := os.Rename(o.Store+side, base+side); {
		case err == nil && kept == "":
			kept = base + side
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return kept, err
		}
	}
	return kept, remove(o.Store + "-shm")
}

// checkpoint moves the whole write-ahead log into the file, and undoes the transaction in
// its journal.
func checkpoint(ctx context.Context, path string) error {
	_, log := os.Stat(path + "-wal")
	_, journal := os.Stat(path + "-journal")
	if errors.Is(log, fs.ErrNotExist) && errors.Is(journal, fs.ErrNotExist) {
		return nil
	}
	db, err := dsn.Open(dsn.Checkpointer(path), 1)
	if err != nil {
		return err
	}
	var tables, busy, frames, copied int64
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables) // reads the journal
	if err != nil {
		return errors.Join(err, db.Close())
	}
	err = db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &copied)
	if err == nil && busy != 0 {
		err = errors.New("another program reads it; wait until that is done, or stop it")
	}
	return errors.Join(err, db.Close())
}

// secondName returns the second name that an interrupted restore gave to the file of the
// store, or "".
func (o *Options) secondName() string {
	now, err := os.Stat(o.Store)
	if err != nil {
		return ""
	}
	files, err := os.ReadDir(filepath.Dir(o.Store))
	if err != nil {
		return ""
	}
	for _, f := range files {
		path := filepath.Join(filepath.Dir(o.Store), f.Name())
		if !strings.HasPrefix(path, o.Store+replaced) {
			continue
		}
		if info, err := os.Lstat(path); err == nil && os.SameFile(info, now) {
			return path
		}
	}
	return ""
}

// replaced is followed by a time in the names of former files.
const replaced = ".replaced-"

// unused returns a name for the former file.
func (o *Options) unused() string {
	path := o.Store + replaced + o.Now.UTC().Format("20060102T150405Z")
	name := path
	for n := 2; ; n++ {
		_, err := os.Lstat(name)
		_, log := os.Lstat(name + "-wal")
		if errors.Is(err, fs.ErrNotExist) && errors.Is(log, fs.ErrNotExist) {
			return name
		}
		name = fmt.Sprintf("%s-%d", path, n)
	}
}

// remove removes a file, if there is one.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncDir waits until the names in the directory of a file are on the disk.
func syncDir(path string) {
	if dir, err := os.Open(filepath.Dir(path)); err == nil {
		_ = dir.Sync() // not every file system and system can
		_ = dir.Close()
	}
}
