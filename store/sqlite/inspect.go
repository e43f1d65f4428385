package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
)

// applicationID marks the file as vega's: "vega" in ASCII.
const applicationID = 0x76656761

// checkedWhole is the size up to which every page of the file is checked at
// start; this takes a few milliseconds. Damage in a larger file shows when the
// page is read.
const checkedWhole = 16 << 20

// inspect looks at the file without changing it, and refuses one that is not
// for this vega, which knows the schema up to a version.
func inspect(ctx context.Context, path string, known int) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is not a regular file: set store.path to one, or to a name that is free")
	}
	if info.Size() == 0 {
		return nil // new
	}
	if err := checkMagic(path); err != nil {
		return err
	}
	db, err := pool(lookDSN(path), 1)
	if err != nil {
		return err
	}
	err = inspectDB(ctx, db, info.Size(), known)
	return errors.Join(err, db.Close())
}

// checkMagic is stricter than SQLite, which takes any file shorter than a page
// for a new database.
func checkMagic(path string) error {
	const magic = "SQLite format 3\x00"
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	begin := make([]byte, len(magic))
	_, err = io.ReadFull(f, begin)
	if err == nil && string(begin) != magic || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New(noDatabase)
	}
	return errors.Join(err, f.Close())
}

// lookDSN reads the file as it stands. Without a write-ahead log beside it
// nobody is writing.
func lookDSN(path string) string {
	if _, err := os.Stat(path + "-wal"); err == nil {
		return guestDSN(path)
	}
	return unsharedDSN(path)
}

func inspectDB(ctx context.Context, db *sql.DB, size int64, known int) error {
	var id, version, tables int
	err := db.QueryRowContext(ctx, `SELECT
		(SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version),
		(SELECT count(*) FROM sqlite_schema)`).Scan(&id, &version, &tables)
	if err != nil {
		return err
	}
	if id != applicationID && tables > 0 {
		return errors.New("it is the database of another program: set store.path to another file")
	}
	if version > known {
		return fmt.Errorf("it was written by a newer vega (its schema is %d, this vega knows %d): "+
			"install that version again, or set store.path to another file", version, known)
	}
	if size > checkedWhole {
		return nil
	}
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%s (%s)", damaged, verdict)
	}
	return nil
}
