package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"vega/store/sqlite/dsn"
)

// applicationID marks a file as vega's. It is "vega" in ASCII.
const applicationID = 0x76656761

// Info describes a backup.
type Info struct {
	Path   string    `json:"path"`
	Bytes  int64     `json:"bytes"`
	Taken  time.Time `json:"taken"` // zero if the file does not say
	By     Program   `json:"by"`    // the vega that took it, or the last one known to have written it
	Schema int       `json:"schema"`
	// Rows has the number of rows of each table.
	Rows map[string]int64 `json:"rows"`
	// Files has the names of the files of the data directory in it.
	Files []string `json:"files"`
	// Sealed is set if the file has a digest. Without one, it is a database that was
	// copied by other means.
	Sealed bool `json:"sealed"`
}

// DamagedError reports a backup that is incomplete or was changed.
type DamagedError struct{ Reason string }

// Error returns the reason.
func (e *DamagedError) Error() string { return "it is damaged: " + e.Reason }

// ErrForeign means that a file is not a database of vega.
var ErrForeign = errors.New("it is not a backup or database of vega")

// header is the beginning of a SQLite database; see "Database File Format", section 1.3.
type header struct {
	schema int
	id     uint32
	bytes  int64 // that the file should have, or 0
}

const (
	magic      = "SQLite format 3\x00"
	headerSize = 100
)

// readHeader reads the beginning of the file. It returns ErrForeign unless the file is a
// database of vega.
func readHeader(path string) (h header, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return h, err
	}
	if !info.Mode().IsRegular() {
		return h, fmt.Errorf("it is not a regular file: %w", fs.ErrInvalid)
	}
	f, err := os.Open(path)
	if err != nil {
		return h, err
	}
	defer f.Close()
	begin := make([]byte, headerSize)
	switch n, err := io.ReadFull(f, begin); {
	case n == 0 && errors.Is(err, io.EOF):
		return h, &DamagedError{"it is empty"}
	case errors.Is(err, io.ErrUnexpectedEOF) && bytes.HasPrefix([]byte(magic), begin[:min(n, len(magic))]):
		return h, &DamagedError{fmt.Sprintf("it ends after %d bytes", n)}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return h, ErrForeign
	case err != nil:
		return h, err
	}
	h = header{schema: int(binary.BigEndian.Uint32(begin[60:])), id: binary.BigEndian.Uint32(begin[68:])}
	if string(begin[:len(magic)]) != magic || h.id != applicationID {
		return h, ErrForeign
	}
	page := int64(binary.BigEndian.Uint16(begin[16:]))
	if page == 1 {
		page = 1 << 16
	}
	if bytes.Equal(begin[24:28], begin[92:96]) {
		h.bytes = page * int64(binary.BigEndian.Uint32(begin[28:]))
	}
	return h, nil
}

// Schema returns the version of the schema of the database of vega at path. It only
// reads the beginning of the file.
func Schema(path string) (int, error) {
	h, err := readHeader(path)
	return h.schema, err
}

// Read says what the file at path is, without reading all of it. It returns ErrForeign
// if it is not vega's, and a *DamagedError if it can't be read. A write-ahead log next to
// a file that is not a backup is part of it.
func Read(ctx context.Context, path string) (info Info, err error) {
	info, _, err = read(ctx, path)
	return info, err
}

// Check reads all of the file, and returns a *DamagedError if any byte of a backup was
// changed. A database without a digest is checked for errors of its structure.
func Check(ctx context.Context, path string, w Watch) (Info, error) {
	w.step("checking " + path)
	info, digest, err := read(ctx, path)
	if err != nil {
		return info, err
	}
	if !info.Sealed {
		db, err := dsn.Open(dsn.Look(path), 1)
		if err != nil {
			return info, err
		}
		err = damage(quickCheck(ctx, db))
		if err == nil {
			info.Rows, err = countRows(ctx, db)
		}
		return info, errors.Join(damage(err), db.Close())
	}
	f, err := os.Open(path)
	if err != nil {
		return info, err
	}
	now, _, err := digestOf(ctx, &counted{Reader: f, watch: w, total: info.Bytes}, digest)
	if errors.Is(err, errMarker) || err == nil && !bytes.Equal(now, digest) {
		err = &DamagedError{"its content is not what was written; it was changed after it was taken, or its disk failed"}
	}
	return info, errors.Join(err, f.Close())
}

// counted is a file that is read, with progress.
type counted struct {
	io.Reader
	watch       Watch
	done, total int64
	shown       time.Time
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.done += int64(n)
	if now := time.Now(); c.watch.Progress != nil && now.Sub(c.shown) >= watchInterval {
		c.shown = now
		if err := c.watch.Progress(c.done, c.total); err != nil {
			return n, err
		}
	}
	return n, err
}

// open opens the file for reading. A backup is complete without a write-ahead log: one next
// to it is that of another file that had the name before, and is not read. The digest
// would not cover it.
func open(ctx context.Context, path string) (*sql.DB, error) {
	db, err := dsn.Open(dsn.Unshared(path), 1)
	if err != nil {
		return nil, err
	}
	if is, err := hasTable(ctx, db, "backup"); err == nil && is {
		return db, nil
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return dsn.Open(dsn.Look(path), 1)
}

func read(ctx context.Context, path string) (info Info, digest []byte, err error) {
	h, err := readHeader(path)
	if err != nil {
		return info, nil, err
	}
	stat, err := os.Stat(path)
	if err != nil {
		return info, nil, err
	}
	info = Info{Path: path, Bytes: stat.Size(), Schema: h.schema, Rows: map[string]int64{}, Files: []string{}}
	if info.Bytes < h.bytes {
		return info, nil, &DamagedError{fmt.Sprintf("it should have %d bytes, and has %d", h.bytes, info.Bytes)}
	}
	db, err := open(ctx, path)
	if err != nil {
		return info, nil, err
	}
	digest, err = info.read(ctx, db)
	return info, digest, errors.Join(damage(err), db.Close())
}

// damage turns SQLite's errors about the content of a file into a *DamagedError.
func damage(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch {
	case e.Code()&0xff == sqlite3.SQLITE_CORRUPT, e.Code()&0xff == sqlite3.SQLITE_NOTADB, e.Code() == sqlite3.SQLITE_IOERR_SHORT_READ, e.Code()&0xff == sqlite3.SQLITE_ERROR:
		return &DamagedError{e.Error()}
	default:
		return err
	}
}

// read reads the tables of a backup.
func (i *Info) read(ctx context.Context, db *sql.DB) (digest []byte, err error) {
	if i.By, err = WrittenBy(ctx, db); err != nil {
		return nil, err
	}
	has, err := hasTable(ctx, db, "backup")
	if err != nil || !has {
		return nil, err
	}
	var taken int64
	err = db.QueryRowContext(ctx, "SELECT taken, version, revision, digest FROM backup").Scan(&taken, &i.By.Version, &i.By.Commit, &digest)
	if errors.Is(err, sql.ErrNoRows) || err == nil && len(digest) != sha256.Size {
		return nil, &DamagedError{"it does not say when it was taken"}
	}
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"backup_rows", "backup_files"} { // a view could have rows without end
		if has, err := hasTable(ctx, db, name); err != nil || !has {
			return nil, errors.Join(err, &DamagedError{"it has no table " + name})
		}
	}
	i.Taken, i.Sealed = time.UnixMicro(taken).UTC(), true
	if err := each(ctx, db, "SELECT name, rows FROM backup_rows", func(name string, n int64) { i.Rows[name] = n }); err != nil {
		return nil, err
	}
	return digest, each(ctx, db, "SELECT name, length(data) FROM backup_files ORDER BY name", func(name string, _ int64) { i.Files = append(i.Files, name) })
}

func each(ctx context.Context, db *sql.DB, query string, f func(name string, n int64)) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			return err
		}
		f(name, n)
	}
	return rows.Err()
}

func hasTable(ctx context.Context, db *sql.DB, name string) (has bool, err error) {
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?", name).Scan(&has)
	return has, err
}

// WrittenBy returns the vega that knows the schema of a store and wrote to it last, as
// far as that is known.
func WrittenBy(ctx context.Context, db *sql.DB) (p Program, err error) {
	has, err := hasTable(ctx, db, "written_by")
	if err != nil || !has {
		return p, err
	}
	err = db.QueryRowContext(ctx, "SELECT version, revision FROM written_by ORDER BY schema DESC, began DESC LIMIT 1").Scan(&p.Version, &p.Commit)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil
	}
	return p, err
}

// Extract writes the store that is in the file at path, with the write-ahead log of a
// file that is not a backup, to a new file at into, and returns the small files in it. The new file
// is on the disk then.
func Extract(ctx context.Context, path, into string, w Watch) (files []File, err error) {
	source, err := open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(damage(err), source.Close()) }()
	w.step("copying the database")
	if err := vacuum(ctx, source, into, w); err != nil {
		return nil, err
	}
	if files, err = readFiles(ctx, source); err != nil {
		return nil, err
	}
	return files, clean(ctx, into)
}

// clean removes what only a backup has.
func clean(ctx context.Context, path string) error {
	db, err := dsn.Open(dsn.Private(path), 1)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, dropTables+"PRAGMA incremental_vacuum")
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func readFiles(ctx context.Context, db *sql.DB) (files []File, err error) {
	has, err := hasTable(ctx, db, "backup_files")
	if err != nil || !has {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, "SELECT name, data FROM backup_files ORDER BY name")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var f File
		if err := rows.Scan(&f.Name, &f.Data); err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, rows.Err()
}
